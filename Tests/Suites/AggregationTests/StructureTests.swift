import Aggregation
import Glibc
import Primitives
import TestSupport
import Testing

@Suite("Structures of the entity store")
struct StructureTests {
    private static let isFull = getenv("STILLWATCH_FULL") != nil

    @Test(
        "the index finds what it holds while it grows, expires and wraps round, also with clashing keys",
        arguments: 1...4)
    func index(seed: UInt64) {
        var random = TestRandom(seed: seed)
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 6, maxWindow: 60, loadWindow: 0))
        var lastSeen: [UInt64: UInt32] = [:]
        var pane: UInt32 = 1000
        for step in 0..<(Self.isFull ? 400_000 : 40_000) {
            // Half the keys want the last slots of the table, so that runs wrap to its start.
            var key = random.next()
            if seed % 2 == 0 { key |= 0xFFFFF << 44 }
            if step % 3 == 0, let known = lastSeen.keys.randomElement(using: &random) {
                key = known
            }
            harness.add(key: key, value: "k", pane: pane, requests: 1, tokens: 1, account: 1)
            lastSeen[key] = pane
            if step % 40 == 0 {
                pane += UInt32.random(in: 1...5, using: &random)
                for _ in 0..<8 { harness.store.sweep(now: pane) }
                lastSeen = lastSeen.filter { pane - $0.value < 60 }
            }
            if step % 2000 == 0 {
                let missing = lastSeen.keys.filter { harness.store.reference(to: $0) == nil }
                #expect(missing.isEmpty, "seed \(seed), step \(step)")
                #expect(harness.store.checkInvariants() == [], "seed \(seed), step \(step)")
            }
        }
        #expect(harness.store.expired > 1000)
    }

    @Test("a sparse entity's panes stay few and its sums bounded over months")
    func months() {
        let windows: [UInt32] = [360, 8640, 60_480, 302_400]
        for (seed, gap) in [(1, 50), (2, 2000), (3, 40_000)] as [(UInt64, UInt32)] {
            var random = TestRandom(seed: seed)
            var harness = StoreHarness(
                StoreHarness.schema(minWindow: 360, maxWindow: 302_400, loadWindow: 8640))
            var oracle = Oracle(memory: 310_592, valueMemory: 120_960, paneMs: 10_000)
            let key = xxh3("slow")
            var pane: UInt32 = 500_000
            // 200 days of panes.
            while pane < 500_000 + 1_728_000 {
                pane += UInt32.random(in: 1...gap, using: &random)
                let entry = Oracle.Entry(pane: pane, tokens: 100, requests: 1, account: 1, born: 0)
                harness.add(
                    key: key, value: "slow", pane: pane, requests: 1, tokens: 100, account: 1)
                oracle.add(key, entry)
            }
            for later: UInt32 in [0, 1, 1000, 200_000] {
                guard let view = harness.store.view(of: key, at: Pane(index: pane + later)) else {
                    Issue.record("the entity is gone")
                    return
                }
                for window in windows {
                    let sum = view.sum(measure: 1, window: window)
                    #expect(sum == oracle.sum(key, window, now: pane + later), "seed \(seed)")
                }
            }
            #expect(harness.store.memoryBytes < 128 << 10, "gap \(gap)")
            #expect(harness.store.checkInvariants() == [])
        }
    }

    @Test("a sample that thinned out becomes exact again, and is never off by more than its bound")
    func thinningOut() {
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 1000, loadWindow: 0), sampleSize: 64)
        let key = xxh3("crowd")
        var oracle = Oracle(memory: 1000, valueMemory: 1000, paneMs: 10_000)
        var random = TestRandom(seed: 9)
        var pane: UInt32 = 5000
        var exactAgain = 0
        for step in 0..<100_000 {
            if step % 10 == 0 { pane += 1 }
            // A crowd for 300 panes, then a handful for more than four retentions, twice over.
            let crowd = step % 50_000 < 3000
            let account = crowd ? Int.random(in: 0..<5000, using: &random) : step % 20
            let entry = Oracle.Entry(pane: pane, tokens: 1, requests: 1, account: account, born: 0)
            harness.add(key: key, value: "c", pane: pane, requests: 1, tokens: 1, account: account)
            oracle.add(key, entry)
            guard step % 500 == 499,
                let view = harness.store.view(of: key, at: Pane(index: pane))
            else { continue }
            for window: UInt32 in [60, 300, 1000] {
                let exact = Double(oracle.accounts(key, window, now: pane).count)
                let estimate = view.distinct(dimension: 0, window: window)
                // Five standard deviations of the binomial behind it, whatever the threshold.
                let most = 5 * (exact * 64).squareRoot() + 64
                #expect(abs(estimate - exact) <= most, "pane \(pane), window \(window)")
                if step % 50_000 > 35_000 { exactAgain += estimate == exact ? 1 : -1000 }
            }
        }
        #expect(exactAgain > 20)
        #expect(harness.store.checkInvariants() == [])
    }

    @Test("folding a warm entity allocates nothing")
    func warmFoldIsAllocationFree() {
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 8640, loadWindow: 8640))
        let keys = (0..<50).map { xxh3("key \($0)") }
        func feed(_ harness: inout StoreHarness, panes: ClosedRange<UInt32>) {
            for pane in panes {
                for (i, key) in keys.enumerated() {
                    harness.addPrepared(key: key, pane: pane, account: UInt64(i % 20) + 1)
                }
            }
        }
        feed(&harness, panes: 1000...20_000)
        let counted = allocations { feed(&harness, panes: 20_001...20_200) }
        if let counted { #expect(counted == 0) }
        #expect(harness.store.checkInvariants() == [])
    }
}
