import Aggregation
import Primitives
import TestSupport
import Testing

@Suite("Ages of entities that no window reaches")
struct RemnantTests {
    private static func harness(budget: Int = 64 << 20) -> StoreHarness {
        StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 360, loadWindow: 0, tracksAge: true),
            memoryBudget: budget)
    }

    private static func add(_ harness: inout StoreHarness, _ key: UInt64, _ pane: UInt32) {
        harness.add(key: key, value: "v", pane: pane, requests: 1, tokens: 1, account: 1)
    }

    private static func sweepAll(_ harness: inout StoreHarness, before pane: UInt32) {
        for turn in pane - 256..<pane { harness.store.sweep(now: turn) }
    }

    @Test("an entity is reduced to its header, and returns with its age and nothing else")
    func returns() {
        var harness = Self.harness()
        let key = xxh3("one")
        Self.add(&harness, key, 1000)
        Self.add(&harness, key, 1300)
        Self.sweepAll(&harness, before: 10_000)
        #expect(harness.store.reference(to: key)?.isRemnant == true)
        #expect(harness.store.view(of: key, at: Pane(index: 10_000)) == nil)
        #expect(harness.store.count == 0 && harness.store.remnants == 1)
        #expect(harness.store.checkInvariants() == [])
        Self.add(&harness, key, 500_000)
        let view = harness.store.view(of: key, at: Pane(index: 500_000))
        #expect(view?.agePanes == 499_000)
        #expect(view?.sum(measure: 0, window: 360) == 1)
        #expect(view?.distinct(dimension: 0, window: 360) == 1)
        #expect(harness.store.count == 1 && harness.store.remnants == 0)
        #expect(harness.store.checkInvariants() == [])
    }

    @Test("an age is forgotten after 180 days of silence, swept or not", arguments: [true, false])
    func forgets(isSwept: Bool) {
        let days180: UInt32 = 1_555_200
        for (silence, age) in [(days180 - 1, days180 - 1), (days180, 0)] {
            var harness = Self.harness()
            let key = xxh3("one")
            Self.add(&harness, key, 1000)
            if isSwept { Self.sweepAll(&harness, before: 1000 + silence) }
            Self.add(&harness, key, 1000 + silence)
            let view = harness.store.view(of: key, at: Pane(index: 1000 + silence))
            #expect(view?.agePanes == age)
        }
    }

    @Test("a remnant takes 72 bytes, and all of them at most a quarter of the budget")
    func bounded() {
        let budget = 32 << 20
        var harness = Self.harness(budget: budget)
        var random = TestRandom(seed: 71)
        var most = 0
        var oldest: [UInt64] = []
        for pane in 1000..<UInt32(4000) {
            for _ in 0..<100 {
                let key = random.next()
                if pane < 1010 { oldest.append(key) }
                Self.add(&harness, key, pane)
            }
            harness.store.sweep(now: pane)
            most = max(most, harness.store.memoryBytes)
        }
        #expect(harness.store.remnants * 72 <= budget / 4)
        #expect(harness.store.remnants > 50_000, "\(harness.store.remnants)")
        #expect(harness.store.forgotten > 0 && harness.store.evictedInEmergency == 0)
        #expect(harness.store.evicted == 0, "what windows reach is not forgotten for remnants")
        #expect(oldest.allSatisfy { harness.store.reference(to: $0) == nil })
        #expect(most <= budget, "\(most) bytes")
        #expect(harness.store.checkInvariants() == [])
    }

    @Test("where no rule asks for ages nothing is left")
    func noAges() {
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 360, loadWindow: 0))
        Self.add(&harness, xxh3("one"), 1000)
        Self.sweepAll(&harness, before: 10_000)
        #expect(harness.store.reference(to: xxh3("one")) == nil)
        #expect(harness.store.remnants == 0 && harness.store.expired == 1)
    }

    @Test("remnants are written and read back, and dropped where no ages are asked for")
    func snapshots() throws {
        let shape = StoredShape.shape()
        var store = StoredShape.store(shape)
        for key in 0..<3000 as Range<UInt64> {
            StoredPartial(
                key: mix(key), kind: 0, pane: 1000 + UInt32(key % 700), requests: 1, others: 1,
                first: 1, second: 2
            ).fold(into: &store)
        }
        var snapshots = StoreSnapshots()
        snapshots.take(&store, openPane: 1700)
        for pane in 1700..<UInt32(1956) { store.sweep(now: pane) }
        snapshots.take(&store, openPane: 1956, leastRoll: 0)
        #expect(store.remnants > 1000 && store.count > 100)
        var same = StoredShape.store(shape)
        try snapshots.restore(&same, StateMapping(from: shape, to: shape))
        #expect(same.stateDigest() == store.stateDigest())
        #expect(same.remnants == store.remnants && same.stateBytes == store.stateBytes)
        #expect(same.checkInvariants() == [])
        var other = shape
        other.fingerprints.tracksAge = false
        var without = StoredShape.store(other)
        try snapshots.restore(&without, StateMapping(from: shape, to: other))
        #expect(without.remnants == 0 && without.count == store.count)
        #expect(without.checkInvariants() == [])
    }

    @Test("accounts without a creation are new or old once the engine has watched for long enough")
    func newborn() {
        var harness = Self.harness()
        let key = xxh3("card")
        for account in 0..<4 {
            harness.add(
                key: key, value: "v", pane: 200_000, requests: 1, tokens: 1, account: account,
                born: account == 0 ? 1 : account == 1 ? 199_000 : 0)
        }
        func young(_ watched: UInt32) -> Double? {
            harness.store.view(of: key, at: Pane(index: 200_000), watched: watched)?
                .newborn(dimension: 0, window: 60, youngerThan: 120_960)
        }
        #expect(young(120_959)?.isNaN == true)
        #expect(young(120_960) == 3)
    }
}
