import Aggregation
import Primitives
import Snapshots
import TestSupport
import Testing

@Suite("What a store hands out for a snapshot")
struct SnapshotContentTests {
    private static let shape = StoredShape.shape()
    private static let same = StateMapping(from: shape, to: shape)

    /// Fingerprints by default, whose ages are remembered; those of accounts are not.
    private static func fold(
        _ keys: Range<UInt64>, _ pane: UInt32, kind: Int? = 0, into store: inout EntityStore
    ) {
        for key in keys {
            StoredPartial(
                key: mix(key), kind: kind, pane: pane, requests: 1, others: 7, first: Int(key % 5)
            ).fold(into: &store)
        }
    }

    @Test(
        "the first snapshot is full; later ones hold what changed and a roll of about the same size"
    )
    func sizes() {
        var store = StoredShape.store(Self.shape)
        var snapshots = StoreSnapshots()
        Self.fold(0..<20_000, 1000, into: &store)
        let first = snapshots.take(&store, openPane: 1001, leastRoll: 1000)
        #expect(first.entities.count == 20_000 && first.removed.isEmpty)
        Self.fold(0..<1000, 1001, into: &store)
        let second = snapshots.take(&store, openPane: 1002, leastRoll: 1000)
        #expect(second.entities.count > 1500 && second.entities.count < 3200)
        #expect(snapshots.window.entries.count == 2)
        let idle = snapshots.take(&store, openPane: 1002, leastRoll: 1000)
        #expect(idle.bytes >= 1000 && idle.entities.count < 1000, "\(idle.entities.count)")
    }

    @Test("what a window holds is at most about twice the state, and old snapshots are dropped")
    func windowIsBounded() {
        var store = StoredShape.store(Self.shape)
        var snapshots = StoreSnapshots()
        var random = TestRandom(seed: 41)
        Self.fold(0..<10_000, 1000, into: &store)
        snapshots.take(&store, openPane: 1001)
        var most = 0
        for pane: UInt32 in 1001..<1200 {
            let from = UInt64.random(in: 0..<9000, using: &random)
            Self.fold(from..<from + .random(in: 1...900, using: &random), pane, into: &store)
            snapshots.take(&store, openPane: pane + 1, leastRoll: 10_000)
            most = max(most, snapshots.bytes)
        }
        #expect(snapshots.rounds > 3)
        // The oldest snapshot of a window is there whole, though not all of it is needed.
        let state = snapshots.take(&store, openPane: 1200, isFull: true).bytes
        #expect(most < state * 5 / 2, "\(most) of \(state)")
        #expect(snapshots.window.entries.count == 1 && snapshots.bytes == state)
    }

    @Test(
        "keys that were removed are told once, unless they are there again or were in no snapshot")
    func removals() {
        var store = StoredShape.store(Self.shape)
        var snapshots = StoreSnapshots()
        Self.fold(0..<1000, 1000, kind: nil, into: &store)
        snapshots.take(&store, openPane: 1001, leastRoll: 0)
        Self.fold(1000..<1500, 1001, kind: nil, into: &store)
        for pane: UInt32 in 2000..<2256 { store.sweep(now: pane) }
        #expect(store.count == 0)
        Self.fold(0..<100, 2300, kind: nil, into: &store)
        let told = snapshots.take(&store, openPane: 2301, leastRoll: 0)
        #expect(Set(told.removed) == Set((100..<1000).map { mix($0) }))
        #expect(told.removed.count == 900 && told.entities.count == 100)
        #expect(snapshots.take(&store, openPane: 2301, leastRoll: 0).removed.isEmpty)
    }

    @Test("a store that forgets faster than it is saved is written whole, and read back whole")
    func overfull() throws {
        var store = StoredShape.store(Self.shape)
        var snapshots = StoreSnapshots()
        Self.fold(0..<3000, 1000, kind: nil, into: &store)
        snapshots.take(&store, openPane: 1001)
        for round in UInt32(0)..<20 {
            let pane = 2000 + round * 1000
            Self.fold(0..<3000, pane, kind: nil, into: &store)
            for later in pane + 500..<pane + 756 { store.sweep(now: later) }
        }
        Self.fold(500..<4000, 40_000, kind: nil, into: &store)
        let taken = snapshots.take(&store, openPane: 40_001, leastRoll: 0)
        #expect(taken.entities.count == 3500)
        var copy = StoredShape.store(Self.shape)
        try snapshots.restore(&copy, Self.same)
        #expect(copy.stateDigest() == store.stateDigest())
    }

    @Test("an entity takes less in a snapshot than in memory")
    func compact() {
        var store = StoredShape.store(Self.shape)
        var snapshots = StoreSnapshots()
        Self.fold(0..<10_000, 1000, into: &store)
        let bytes = snapshots.take(&store, openPane: 1001).bytes
        #expect(bytes < store.stateBytes / 2, "\(bytes) of \(store.stateBytes)")
    }

    @Test("noting changes of warm entities allocates nothing")
    func allocationFree() {
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 8640, loadWindow: 8640))
        func feed(_ panes: ClosedRange<UInt32>) {
            for pane in panes {
                for key in UInt64(0)..<3000 {
                    harness.addPrepared(key: mix(key), pane: pane, account: key % 20)
                }
            }
        }
        func save() {
            _ = harness.store.encodeChanges(from: 0) { _ in
            } removed: { _ in
            }
        }
        feed(1000...4000)
        save()
        feed(4001...4002)
        save()
        let counted = allocations { feed(4003...4004) }
        if let counted { #expect(counted == 0) }
        #expect(harness.store.count == 3000)
    }
}
