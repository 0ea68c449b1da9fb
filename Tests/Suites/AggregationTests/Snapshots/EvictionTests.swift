import Aggregation
import Primitives
import TestSupport
import Testing

@Suite("Expiry and eviction follow from what entities hold")
struct EvictionTests {
    private static let shape = StoredShape.shape()

    private static func partial(_ key: UInt64, _ pane: UInt32) -> StoredPartial {
        StoredPartial(
            key: key, kind: Int(key % 2), pane: pane, requests: 1, others: 3, first: Int(key % 7))
    }

    @Test(
        "two stores whose tables have grown differently evict the same entities",
        arguments: [31, 32, 33] as [UInt64])
    func tables(seed: UInt64) throws {
        print("seed \(seed)")
        var random = TestRandom(seed: seed)
        var plain = StoredShape.store(Self.shape, memoryBudget: 8 << 20)
        var grown = StoredShape.store(Self.shape, memoryBudget: 8 << 20)
        // A crowd that is gone before anything else comes leaves a table many times larger.
        for _ in 0..<12_000 { Self.partial(random.next(), 1000).fold(into: &grown) }
        for pane: UInt32 in 2_000_000..<2_000_256 { grown.sweep(now: pane) }
        #expect(grown.count == 0 && grown.stateBytes == 0)
        #expect(grown.memoryBytes > plain.memoryBytes)
        var pane: UInt32 = 3000
        for step in 0..<60_000 {
            let key =
                Bool.random(using: &random)
                ? random.next() : mix(.random(in: 0...9000, using: &random))
            let partial = Self.partial(key, pane)
            partial.fold(into: &plain)
            partial.fold(into: &grown)
            if step % 5000 == 0 { pane += 1 }
            #expect(plain.evicted == grown.evicted, "seed \(seed), step \(step)")
            if plain.evicted != grown.evicted { return }
        }
        #expect(plain.evicted > 15_000)
        #expect(plain.evictedInEmergency == 0 && grown.evictedInEmergency == 0)
        #expect(plain.stateDigest() == grown.stateDigest())
    }

    @Test("the longest idle go first, and about an eighth at once")
    func order() {
        var store = StoredShape.store(Self.shape, memoryBudget: 8 << 20)
        var random = TestRandom(seed: 34)
        var seen: [(key: UInt64, pane: UInt32)] = []
        while store.evicted == 0 {
            let pane = 1000 + UInt32(seen.count / 100)
            seen.append((random.next(), pane))
            Self.partial(seen[seen.count - 1].key, pane).fold(into: &store)
        }
        let gone = seen.filter { store.reference(to: $0.key) == nil }
        #expect(gone.count == store.evicted)
        #expect(abs(gone.count * 8 - seen.count) < seen.count / 3)
        let last = gone.map(\.pane).max() ?? 0
        #expect(seen.allSatisfy { $0.pane >= last || store.reference(to: $0.key) == nil })
    }

    @Test("a pane larger than the budget loses entities by their hash, whatever came first")
    func onePane() {
        let keys = (0..<60_000).map { mix($0) }
        var random = TestRandom(seed: 35)
        var forth = StoredShape.store(Self.shape, memoryBudget: 8 << 20)
        for key in keys { Self.partial(key, 1000).fold(into: &forth) }
        var left = keys.filter { forth.reference(to: $0) != nil }
        #expect(left.count == forth.count && forth.evicted > 20_000)
        // The same keys again in another order: nearly the same ones stay.
        var back = StoredShape.store(Self.shape, memoryBudget: 8 << 20)
        for key in keys.shuffled(using: &random) { Self.partial(key, 1000).fold(into: &back) }
        left.removeAll { back.reference(to: $0) != nil }
        #expect(left.count < forth.count / 4)
    }

    @Test(
        "a sweep frees exactly what has expired in the pane's part of the key space",
        arguments: 1...4 as ClosedRange<UInt64>)
    func sweep(seed: UInt64) {
        print("seed \(seed)")
        var random = TestRandom(seed: seed)
        var store = StoredShape.store(Self.shape)
        var lastSeen: [UInt64: UInt32] = [:]
        var pane: UInt32 = 1000
        for _ in 0..<3000 {
            for _ in 0..<10 {
                // Crowds at both ends of the key space: runs of slots wrap round.
                var key = random.next()
                switch Int.random(in: 0..<4, using: &random) {
                case 0: key |= 0xFFFFF << 44
                case 1: key &= 0xFFF_FFFF_FFFF
                default: break
                }
                Self.partial(key, pane).fold(into: &store)
                lastSeen[key] = pane
            }
            pane += .random(in: 0...3, using: &random)
            let now = seed == 1 ? pane | 0xFF : pane
            store.sweep(now: now)
            let part = UInt64(now % 256)
            // 400 panes, and those a window of as many may reach back to.
            for (key, seen) in lastSeen where key >> 56 == part && now - seen >= 408 {
                #expect(store.reference(to: key)?.isRemnant ?? true)
                lastSeen[key] = nil
            }
            pane = max(pane, now)
        }
        #expect(store.count == lastSeen.count && store.expired > 100)
        #expect(lastSeen.keys.allSatisfy { store.reference(to: $0)?.isRemnant == false })
        #expect(store.checkInvariants() == [])
    }
}
