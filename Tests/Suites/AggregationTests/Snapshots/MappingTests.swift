import Aggregation
import Primitives
import Snapshots
import TestSupport
import Testing

@Suite("State read back under other rules")
struct MappingTests {
    private static let old = StoredShape.shape(sampleSize: 64)

    /// A store of the old shape with some history, and its snapshot.
    private static func history(
        _ seed: UInt64, _ body: (borrowing EntityStore, StoreSnapshots) throws -> Void
    ) rethrows {
        print("seed \(seed)")
        var store = StoredShape.store(old)
        var snapshots = StoreSnapshots()
        var random = TestRandom(seed: seed)
        for step in 0..<20_000 {
            let rank = Int.random(in: 0..<100, using: &random)
            StoredPartial(
                key: mix(UInt64(rank)), kind: [nil, 0, 1][rank % 3], pane: 1000 + UInt32(step / 50),
                requests: 2, others: .random(in: 0...100, using: &random),
                first: .random(in: 0..<(1 + rank), using: &random),
                second: .random(in: 0..<20, using: &random)
            ).fold(into: &store)
        }
        snapshots.take(&store, openPane: 1400)
        try body(store, snapshots)
    }

    private static let keys = (0..<100).map { mix($0) }

    private static func restore(
        _ snapshots: StoreSnapshots, _ shape: StateShape,
        _ body: (borrowing EntityStore) -> Void
    ) throws {
        var store = StoredShape.store(shape)
        try snapshots.restore(&store, StateMapping(from: old, to: shape))
        #expect(store.checkInvariants() == [])
        body(store)
    }

    @Test("measures and dimensions are found by name, in whatever order; new ones start empty")
    func byName() throws {
        var shape = Self.old
        shape.fingerprints.measures = ["requests", "output_tokens", "reasoning_tokens"]
        shape.fingerprints.dimensions = [
            .init(name: "account", isNamed: true, loadWindow: 60),
            .init(name: "device", isNamed: false, loadWindow: 0),
            .init(name: "ip", isNamed: false, loadWindow: 0),
        ]
        try Self.history(51) { store, snapshots in
            try Self.restore(snapshots, shape) { copy in
                #expect(copy.count == store.count)
                for key in Self.keys {
                    guard let before = store.view(of: key, at: Pane(index: 1400)),
                        let after = copy.view(of: key, at: Pane(index: 1400)),
                        !before.kind.isAccount
                    else { continue }
                    for window: UInt32 in [40, 400] {
                        #expect(
                            after.sum(measure: 0, window: window)
                                == before.sum(measure: 0, window: window))
                        #expect(
                            after.sum(measure: 1, window: window)
                                == before.sum(measure: 2, window: window))
                        #expect(after.sum(measure: 2, window: window) == 0)
                        #expect(
                            after.distinct(dimension: 0, window: window)
                                == before.distinct(dimension: 0, window: window))
                        #expect(after.distinct(dimension: 1, window: window) == 0)
                        #expect(
                            after.distinct(dimension: 2, window: window)
                                == before.distinct(dimension: 1, window: window))
                    }
                    #expect(
                        after.loads(dimension: 0, window: 60)
                            == before.loads(dimension: 0, window: 60))
                    #expect(after.agePanes == before.agePanes)
                }
            }
        }
    }

    @Test(
        "loads over another window and texts that were not kept start empty; what is kept no more is dropped"
    )
    func otherKeeping() throws {
        var shape = Self.old
        shape.fingerprints.dimensions = [
            .init(name: "account", isNamed: true, loadWindow: 30),
            .init(name: "ip", isNamed: true, loadWindow: 0),
        ]
        shape.accounts.dimensions = [
            .init(name: "ip", isNamed: false, loadWindow: 0),
            .init(name: "model", isNamed: false, loadWindow: 0),
        ]
        shape.accounts.tracksHours = false
        try Self.history(52) { store, snapshots in
            try Self.restore(snapshots, shape) { copy in
                for key in Self.keys {
                    guard let before = store.view(of: key, at: Pane(index: 1400)),
                        let after = copy.view(of: key, at: Pane(index: 1400))
                    else { continue }
                    for d in 0..<2 {
                        let kept =
                            before.kind.isAccount ? before.distinct(dimension: d, window: 300) : 0
                        #expect(after.distinct(dimension: d, window: 300) == kept)
                    }
                    #expect(
                        after.sum(measure: 0, window: 300) == before.sum(measure: 0, window: 300))
                }
            }
        }
    }

    @Test(
        "entities of kinds that are kept no more are dropped, the others follow their kind's name")
    func kinds() throws {
        var shape = Self.old
        shape.kinds = ["device", "", "payment", "ip"]
        shape.keepsAccounts = false
        try Self.history(53) { store, snapshots in
            try Self.restore(snapshots, shape) { copy in
                for key in Self.keys {
                    let before = store.view(of: key, at: Pane(index: 1400))?.kind
                    let after = copy.view(of: key, at: Pane(index: 1400))?.kind
                    #expect(
                        after
                            == (before == .fingerprint(0)
                                ? .fingerprint(3)
                                : before == .fingerprint(1) ? .fingerprint(2) : nil))
                }
            }
        }
    }

    @Test("a smaller sample holds what lies under its threshold, and estimates the rest")
    func narrowing() throws {
        for size in [16, 32] {
            var shape = Self.old
            shape.sampleSize = size
            try Self.history(54) { store, snapshots in
                try Self.restore(snapshots, shape) { copy in
                    for (rank, key) in Self.keys.enumerated() {
                        guard let before = store.view(of: key, at: Pane(index: 1400)),
                            let after = copy.view(of: key, at: Pane(index: 1400))
                        else { continue }
                        let exact = before.distinct(dimension: 0, window: 300)
                        let estimate = after.distinct(dimension: 0, window: 300)
                        if rank < size {
                            #expect(estimate == exact)
                        } else {
                            #expect(abs(estimate - exact) <= 5 * (exact * 8).squareRoot())
                        }
                        let top = after.top(dimension: 0, count: 100, window: 300)
                        let all = Set(
                            before.top(dimension: 0, count: 100, window: 300).map(\.value))
                        #expect(top.allSatisfy { all.contains($0.value) })
                    }
                }
            }
        }
    }

    @Test("other windows keep the sums within their error, and the store goes on under them")
    func windows() throws {
        for (least, most) in [(6, 300), (300, 2000), (2000, 2000)] as [(UInt32, UInt32)] {
            var shape = Self.old
            shape.fingerprints.minWindow = least
            shape.fingerprints.maxWindow = most
            try Self.history(55) { store, snapshots in
                var copy = StoredShape.store(shape)
                try snapshots.restore(&copy, StateMapping(from: Self.old, to: shape))
                var random = TestRandom(seed: 56)
                for pane: UInt32 in 1400..<1500 {
                    let rank = Int.random(in: 0..<100, using: &random)
                    StoredPartial(
                        key: mix(UInt64(rank)), kind: [nil, 0, 1][rank % 3], pane: pane,
                        requests: 0,
                        others: 1, first: rank
                    ).fold(into: &copy)
                }
                #expect(copy.checkInvariants() == [])
                for key in Self.keys {
                    guard let before = store.view(of: key, at: Pane(index: 1499)),
                        let after = copy.view(of: key, at: Pane(index: 1499)),
                        !before.kind.isAccount
                    else { continue }
                    let sum = after.sum(measure: 0, window: 300)
                    #expect(sum >= before.sum(measure: 0, window: 200))
                    #expect(sum <= before.sum(measure: 0, window: 400))
                }
            }
        }
    }
}
