import Aggregation
import Glibc
import Primitives
import TestSupport
import Testing

@Suite("Memory under hostile input")
struct HostileMemoryTests {
    private static let budget = 32 << 20
    private static let isFull = getenv("STILLWATCH_FULL") != nil

    private static func harness() -> StoreHarness {
        StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 8640, loadWindow: 8640),
            memoryBudget: budget)
    }

    @Test("millions of random accounts in one pane stay within the budget")
    func onePane() {
        var harness = Self.harness()
        var random = TestRandom(seed: 31)
        let entities = Self.isFull ? 10_000_000 : 500_000
        var most = 0
        for i in 0..<entities {
            harness.add(
                key: random.next(), value: "account-\(i)", pane: 1000, requests: 1, tokens: 1,
                account: i)
            if i % 1000 == 0 { most = max(most, harness.store.memoryBytes) }
        }
        #expect(most <= Self.budget)
        #expect(harness.store.evictedInEmergency == 0)
        #expect(harness.store.count + harness.store.evicted == entities)
        #expect(harness.store.count > 60_000, "evictions leave most of the budget in use")
        #expect(harness.store.checkInvariants() == [])
    }

    @Test("one fingerprint with millions of accounts takes a bounded sample")
    func oneFingerprint() {
        var harness = Self.harness()
        let accounts = Self.isFull ? 3_000_000 : 300_000
        let key = xxh3("nat")
        for i in 0..<accounts {
            harness.add(
                key: key, value: "nat", pane: 1000 + UInt32(i / 1000), requests: 1, tokens: 1,
                account: i)
        }
        #expect(harness.store.memoryBytes < 1 << 20)
        let pane = Pane(index: 1000 + UInt32((accounts - 1) / 1000))
        let estimate = harness.store.view(of: key, at: pane)?.distinct(dimension: 0, window: 8640)
        #expect(abs((estimate ?? 0) / Double(accounts) - 1) < 0.2)
        #expect(harness.store.checkInvariants() == [])
    }

    @Test(
        "size classes that take turns stay within the budget, whatever they leave behind",
        arguments: [false, true])
    func sizeClasses(onePane: Bool) {
        var harness = Self.harness()
        var random = TestRandom(seed: 32)
        var most = 0
        var pane: UInt32 = 1000
        for round in 0..<(Self.isFull ? 120 : 24) {
            let value = String(repeating: "v", count: 1 + round * 83 % 500)
            for i in 0..<20_000 {
                harness.add(
                    key: random.next(), value: value, pane: pane, requests: 1, tokens: 1, account: i
                )
                if i % 100 == 0 { most = max(most, harness.store.memoryBytes) }
            }
            if !onePane { pane += 3 }
        }
        #expect(most <= Self.budget, "\(most) bytes")
        #expect(harness.store.evictedInEmergency == 0)
        #expect(harness.store.checkInvariants() == [])
    }

    @Test("entities that grow past every size class stay within the budget")
    func growing() {
        var harness = Self.harness()
        var random = TestRandom(seed: 33)
        var most = 0
        for i in 0..<(Self.isFull ? 3_000_000 : 600_000) {
            // Entity j sees j % 400 accounts: all sizes from a cold entity's to over a chunk's share.
            let entity = Int.random(in: 0..<12_000, using: &random)
            harness.add(
                key: xxh3("e\(entity)"), value: "e\(entity)", pane: 1000 + UInt32(i / 3000),
                requests: 1,
                tokens: 1, account: Int.random(in: 0..<(1 + entity % 400), using: &random))
            if i % 100 == 0 { most = max(most, harness.store.memoryBytes) }
        }
        #expect(most <= Self.budget, "\(most) bytes")
        #expect(harness.store.evicted > 0 && harness.store.evictedInEmergency == 0)
        #expect(harness.store.checkInvariants() == [])
    }

    @Test("an eviction spares nearly all of a large pane, also where the next has begun")
    func evictsAnEighth() {
        var harness = Self.harness()
        var random = TestRandom(seed: 34)
        var i = 0
        while harness.store.evicted == 0 {
            harness.add(
                key: random.next(), value: "account", pane: i < 50_000 ? 1000 : 1001, requests: 1,
                tokens: 1, account: i)
            i += 1
        }
        #expect(
            harness.store.evicted <= i / 4,
            "\(harness.store.evicted) of \(i) were forgotten at once")
    }

    @Test("pinned entities are never forgotten")
    func pinned() {
        var harness = Self.harness()
        var random = TestRandom(seed: 35)
        let keys = (0..<100).map { xxh3("pinned \($0)") }
        for key in keys {
            harness.add(key: key, value: "p", pane: 1000, requests: 1, tokens: 1, account: 1)
            harness.store.reference(to: key)?.isPinned = true
        }
        for i in 0..<400_000 {
            harness.add(
                key: random.next(), value: "account-\(i)", pane: 1001 + UInt32(i / 5000),
                requests: 1,
                tokens: 1, account: i)
        }
        #expect(harness.store.evicted > 0)
        #expect(keys.allSatisfy { harness.store.reference(to: $0) != nil })
    }
}
