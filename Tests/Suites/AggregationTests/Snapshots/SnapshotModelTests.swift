import Aggregation
import Primitives
import Snapshots
import TestSupport
import Testing

@Suite("A store read back from snapshots")
struct SnapshotModelTests {
    /// What is done to a store.
    private enum Operation {
        case fold(StoredPartial)
        case sweep(UInt32)

        func apply(to store: inout EntityStore) {
            switch self {
            case .fold(let partial): partial.fold(into: &store)
            case .sweep(let pane): store.sweep(now: pane)
            }
        }
    }

    /// How a run is made.
    private struct Course {
        var seed: UInt64
        var keys: Int
        var leastRoll: Int
        var memoryBudget = 64 << 20
        var operations = modelOperations / 4
        /// In parts of a thousand of all operations: partials of entities never seen before.
        var fresh = 0
        /// Panes that close.
        var closes = 100
        /// Panes closed between two losses, about.
        var life = 200
    }

    /// A store that is never disturbed, and one that is lost and read back again and again.
    private struct Pair: ~Copyable {
        var steady: EntityStore
        var disturbed: EntityStore
        var snapshots = StoreSnapshots()
        var since: [Operation] = []
        var restores = 0
        private let shape = StoredShape.shape()
        private let memoryBudget: Int

        init(memoryBudget: Int) {
            self.memoryBudget = memoryBudget
            steady = StoredShape.store(shape, memoryBudget: memoryBudget)
            disturbed = StoredShape.store(shape, memoryBudget: memoryBudget)
        }

        mutating func apply(_ operation: Operation) {
            operation.apply(to: &steady)
            operation.apply(to: &disturbed)
            since.append(operation)
        }

        mutating func snapshot(openPane: UInt32, leastRoll: Int, isFull: Bool) {
            snapshots.take(&disturbed, openPane: openPane, leastRoll: leastRoll, isFull: isFull)
            since = []
        }

        mutating func lose() throws {
            guard !snapshots.window.entries.isEmpty else { return }
            disturbed = StoredShape.store(shape, memoryBudget: memoryBudget)
            try snapshots.restore(&disturbed, StateMapping(from: shape, to: shape))
            for operation in since { operation.apply(to: &disturbed) }
            restores += 1
        }
    }

    private func run(_ course: Course) throws -> (evicted: Int, rounds: Int, restores: Int) {
        print("seed \(course.seed)")
        var random = TestRandom(seed: course.seed)
        var pair = Pair(memoryBudget: course.memoryBudget)
        var pane: UInt32 = 100_000
        for step in 0..<course.operations {
            let dice = Int.random(in: 0..<1000, using: &random)
            if dice >= course.closes {
                pair.apply(.fold(Self.partial(course, pane, &random)))
                continue
            }
            pair.apply(.sweep(pane))
            pane +=
                Int.random(in: 0..<100, using: &random) > 0
                ? 1 : .random(in: 1...50, using: &random)
            if Int.random(in: 0..<course.closes, using: &random) == 0 || dice % 10 == 0 {
                pair.snapshot(
                    openPane: pane, leastRoll: course.leastRoll,
                    isFull: Int.random(in: 0..<20, using: &random) == 0)
            }
            guard Int.random(in: 0..<course.life, using: &random) == 0 else { continue }
            try pair.lose()
            let at: Comment = "seed \(course.seed), step \(step)"
            #expect(pair.disturbed.stateDigest() == pair.steady.stateDigest(), at)
            #expect(pair.disturbed.stateBytes == pair.steady.stateBytes, at)
            #expect(pair.disturbed.checkInvariants() == [], at)
            if pair.disturbed.count != pair.steady.count { break }
        }
        #expect(pair.disturbed.stateDigest() == pair.steady.stateDigest())
        #expect(pair.steady.expired + pair.steady.evicted > 0)
        #expect(pair.disturbed.evictedInEmergency == 0)
        return (pair.steady.evicted, pair.snapshots.rounds, pair.restores)
    }

    /// A partial of a pane; every kind of entity, a few keys far more than the others.
    private static func partial(
        _ course: Course, _ pane: UInt32, _ random: inout TestRandom
    ) -> StoredPartial {
        let isFresh = Int.random(in: 0..<1000, using: &random) < course.fresh
        let rank = min(
            Int.random(in: 0..<course.keys, using: &random),
            Int.random(in: 0..<course.keys, using: &random))
        let key = isFresh ? random.next() : mix(UInt64(rank))
        return StoredPartial(
            key: key, kind: [nil, 0, 1][Int(key % 3)], pane: pane,
            requests: .random(in: 1...5, using: &random),
            others: .random(in: 0...5000, using: &random),
            first: Bool.random(using: &random)
                ? .random(in: 0..<(1 + rank % 60), using: &random) : nil,
            second: Bool.random(using: &random) ? .random(in: 0..<30, using: &random) : nil,
            born: Bool.random(using: &random) ? 0 : pane - .random(in: 0...9000, using: &random))
    }

    @Test(
        "goes on exactly as one that was never lost, while the roll goes round and entities come, change and expire",
        arguments: [11, 12, 13, 14] as [UInt64])
    func goesOn(seed: UInt64) throws {
        let result = try run(
            Course(seed: seed, keys: [100, 1500, 6000, 20_000][Int(seed % 4)], leastRoll: 3000))
        #expect(result.rounds > 3 && result.restores > 20)
    }

    @Test(
        "evicts what the other evicts, over a budget that is always full",
        arguments: [21, 22] as [UInt64])
    func evicts(seed: UInt64) throws {
        let result = try run(
            Course(
                seed: seed, keys: 3000, leastRoll: 200_000, memoryBudget: 8 << 20,
                operations: modelOperations / 2, fresh: 400, closes: 4, life: 20))
        #expect(result.evicted > 10_000 && result.restores > 20)
    }
}
