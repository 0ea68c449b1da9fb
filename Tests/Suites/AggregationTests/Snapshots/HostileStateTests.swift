import Aggregation
import Glibc
import Primitives
import Snapshots
import TestSupport
import Testing

@Suite("Hostile state")
struct HostileStateTests {
    private static let shape = StoredShape.shape(sampleSize: 64)
    private static let isFull = getenv("STILLWATCH_FULL") != nil

    /// Some entities as they are written, of both classes, small and large.
    private static func items() -> [[UInt8]] {
        var store = StoredShape.store(shape)
        var random = TestRandom(seed: 61)
        for step in 0..<4000 {
            let rank = Int.random(in: 0..<30, using: &random)
            StoredPartial(
                key: mix(UInt64(rank)), kind: [nil, 0, 1][rank % 3], pane: 1000 + UInt32(step / 20),
                requests: 2, others: 5, first: .random(in: 0..<(1 + rank * 4), using: &random),
                second: .random(in: 0..<(1 + rank), using: &random)
            ).fold(into: &store)
        }
        var items: [[UInt8]] = []
        _ = store.encodeChanges(from: 0) {
            items.append(Array($0))
        } removed: { _ in
        }
        return items
    }

    /// Loads bytes and, where they are taken, lets time go on over them: nothing may trap.
    private static func survive(
        _ bytes: [UInt8], _ shape: StateShape, into store: inout EntityStore
    ) -> Bool {
        let mapping = StateMapping(from: Self.shape, to: shape)
        let key = bytes.withUnsafeBufferPointer { (slice) -> UInt64? in
            do throws(StateError) {
                return try store.load(ByteSlice(slice), mapping, before: Pane(index: 1300))?.key
            } catch {
                #expect(error == .corrupted)
                return nil
            }
        }
        guard let key, let view = store.view(of: key, at: Pane(index: 1300)) else { return false }
        _ = view.sum(measure: 0, window: 300)
        _ = view.activeHours(hours: 1)
        for d in 0..<2 {
            _ = view.loads(dimension: d, window: 30)
            _ = view.top(dimension: d, count: 3, window: 300)
            _ = view.newborn(dimension: d, window: 300, youngerThan: 10)
        }
        let kind = view.kind.index
        for pane: UInt32 in [1300, 1301, 1700] {
            for value in 0..<80 {
                StoredPartial(
                    key: key, kind: kind, pane: pane, requests: 1, others: 1, first: value,
                    second: value
                ).fold(into: &store)
            }
        }
        return true
    }

    @Test("an entity cut off anywhere is refused")
    func truncation() {
        for item in Self.items() {
            for length in 0..<item.count {
                var store = StoredShape.store(Self.shape, memoryBudget: 8 << 20)
                store.beginLoading()
                #expect(!Self.survive(Array(item[..<length]), Self.shape, into: &store))
            }
        }
    }

    @Test("damaged entities are refused or hold together, and take no more memory than the budget")
    func damage() {
        var random = TestRandom(seed: 62)
        let items = Self.items()
        var other = Self.shape
        other.sampleSize = 16
        other.fingerprints.dimensions.swapAt(0, 1)
        other.fingerprints.minWindow = 400
        var taken = 0
        for round in 0..<(Self.isFull ? 500_000 : 20_000) {
            var bytes = items[Int.random(in: 0..<items.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    Bool.random(using: &random) ? .random(in: 0...255, using: &random) : 0xFF
            }
            let shape = round % 3 == 0 ? other : Self.shape
            var store = StoredShape.store(shape, memoryBudget: 8 << 20)
            store.beginLoading()
            if Self.survive(bytes, shape, into: &store) { taken += 1 }
            #expect(store.checkInvariants() == [], "round \(round)")
            #expect(store.memoryBytes <= 24 << 20, "round \(round)")
        }
        #expect(taken > 100)
    }
}
