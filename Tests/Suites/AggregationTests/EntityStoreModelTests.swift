import Aggregation
import Glibc
import Primitives
import TestSupport
import Testing

/// Operations of a model test: 5 million where STILLWATCH_FULL is set, fewer in CI.
let modelOperations = getenv("STILLWATCH_FULL") != nil ? 5_000_000 : 400_000

@Suite struct EntityStoreModelTests {
    @Test(
        "features equal the oracle's within the stated bounds, for random keys, times and windows",
        arguments: [
            (seed: 1, windows: [6, 60, 360, 8640], maxWindow: 8640),
            (seed: 2, windows: [6, 360, 60_480, 302_400], maxWindow: 302_400),
            (seed: 3, windows: [360, 8640], maxWindow: 8640),
        ] as [(seed: UInt64, windows: [UInt32], maxWindow: UInt32)])
    func matchesOracle(seed: UInt64, windows: [UInt32], maxWindow: UInt32) {
        var random = TestRandom(seed: seed)
        let loadWindow = windows[windows.count / 2]
        var harness = StoreHarness(
            StoreHarness.schema(
                minWindow: windows[0], maxWindow: maxWindow, loadWindow: loadWindow,
                tracksAge: true))
        // 180 days; 14 days, or what windows reach with their rounding where that is less.
        var oracle = Oracle(
            memory: 1_555_200,
            valueMemory: min(120_960, maxWindow + max(256, (loadWindow + 7) / 8)),
            paneMs: 10_000)
        let keys = (0..<60).map { xxh3("key \($0)") }
        var pane: UInt32 = 1_000_000
        var checks = 0
        for operation in 0..<modelOperations / 3 {
            // Mostly dense time, sometimes a gap up to half the longest window, rarely one of months.
            switch Int.random(in: 0..<1000, using: &random) {
            case 0: pane += UInt32.random(in: 1...maxWindow / 2, using: &random)
            case 1: if operation % 50 == 0 { pane += .random(in: 1...1_700_000, using: &random) }
            case 2..<300: pane += UInt32.random(in: 1...4, using: &random)
            default: break
            }
            let rank = Int(pow(Double(keys.count), Double.random(in: 0..<1, using: &random)))
            let entry = Oracle.Entry(
                pane: pane, tokens: .random(in: 0...5000, using: &random),
                requests: .random(in: 1...5, using: &random),
                account: .random(in: 0..<(rank * 3 + 1), using: &random),
                born: Bool.random(using: &random)
                    ? 0 : pane - .random(in: 0...200_000, using: &random))
            harness.add(
                key: keys[rank], value: "key \(rank)", pane: pane, requests: entry.requests,
                tokens: entry.tokens, account: entry.account, born: entry.born)
            oracle.add(keys[rank], entry)
            if operation % 3 == 0 { harness.store.sweep(now: pane) }
            guard operation % 1000 == 0 else { continue }
            checks += 1
            compare(
                harness.store, oracle, keys[.random(in: 0..<keys.count, using: &random)],
                windows: windows, loadWindow: loadWindow, now: pane, seed: seed)
        }
        #expect(checks > 100)
    }

    private func compare(
        _ store: borrowing EntityStore, _ oracle: Oracle, _ key: UInt64, windows: [UInt32],
        loadWindow: UInt32, now: UInt32, seed: UInt64
    ) {
        guard let view = store.view(of: key, at: Pane(index: now)) else {
            let isGone = oracle.window(key, windows.last ?? 0, now: now).isEmpty
            #expect(isGone, "pane \(now), key \(key)")
            return
        }
        let at: Comment = "seed \(seed), pane \(now), key \(key)"
        if let first = oracle.firstSeen(key) { #expect(view.agePanes == now - first, at) }
        for window in windows {
            #expect(
                view.sum(measure: 1, window: window) == oracle.sum(key, window, now: now), at)
            let told = view.stretches(measure: 1, window: window)
            let sums = oracle.stretches(key, window, now: now)
            #expect(told.count == sums.count && told.sum == sums.reduce(0, +), at)
            #expect(told.sumOfSquares == sums.reduce(0.0) { $0 + Double($1) * Double($1) }, at)
            let exact = oracle.accounts(key, window, now: now)
            #expect(view.distinct(dimension: 0, window: window) == Double(exact.count), at)
            let young = oracle.newborn(key, window, youngerThan: 50_000, now: now)
            #expect(
                view.newborn(dimension: 0, window: window, youngerThan: 50_000) == Double(young), at
            )
            if window <= loadWindow { compareLoads(view, oracle, key, window, loadWindow, now, at) }
        }
        for hours: UInt32 in [1, 24, 168] where hours * 360 <= windows.last ?? 0 {
            #expect(
                view.activeHours(hours: hours) == oracle.activeHours(key, Int64(hours), now: now),
                at)
        }
    }

    private func compareLoads(
        _ view: EntityView, _ oracle: Oracle, _ key: UInt64, _ window: UInt32, _ loadWindow: UInt32,
        _ now: UInt32, _ at: Comment
    ) {
        let loads = view.loads(dimension: 0, window: window)
        let accounts = oracle.accounts(key, window, now: now)
        #expect(loads.sampled == accounts.count, at)
        let bucket = (loadWindow + 7) / 8
        let low = accounts.reduce(0) { $0 + oracle.load(key, account: $1, window, now: now) }
        let high = accounts.reduce(0) {
            $0 + oracle.load(key, account: $1, window + bucket, now: now)
        }
        #expect(loads.sum >= low && loads.sum <= high, at)
        let top = view.top(dimension: 0, count: 3, window: window)
        #expect(top.first.map(\.count) == (accounts.isEmpty ? nil : loads.largest), at)
        #expect(top.dropFirst().reduce(0) { $0 + $1.count } == loads.runnersUp, at)
    }

    @Test("folding a pane's partials in any order leaves the same state", arguments: 1...20)
    func orderWithinPane(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let schema = StoreHarness.schema(minWindow: 60, maxWindow: 2000, loadWindow: 360)
        var first = StoreHarness(schema, sampleSize: 16)
        var second = StoreHarness(schema, sampleSize: 16)
        let key = xxh3("one")
        var pane: UInt32 = 5000
        for _ in 0..<200 {
            pane += .random(in: 1...60, using: &random)
            let accounts = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                Int.random(in: 0..<300, using: &random)
            }
            for account in accounts {
                first.add(
                    key: key, value: "one", pane: pane, requests: 1, tokens: 7, account: account)
            }
            for account in accounts.shuffled(using: &random) {
                second.add(
                    key: key, value: "one", pane: pane, requests: 1, tokens: 7, account: account)
            }
            guard let a = first.store.view(of: key, at: Pane(index: pane)),
                let b = second.store.view(of: key, at: Pane(index: pane))
            else {
                Issue.record("the entity is gone")
                return
            }
            for window: UInt32 in [60, 360, 2000] {
                #expect(
                    a.distinct(dimension: 0, window: window)
                        == b.distinct(dimension: 0, window: window), "seed \(seed)")
                #expect(
                    a.loads(dimension: 0, window: min(360, window))
                        == b.loads(dimension: 0, window: min(360, window)), "seed \(seed)")
            }
        }
    }

    @Test("ten million random entities stay within the memory budget, and evictions are counted")
    func memoryIsFlat() {
        let entities = getenv("STILLWATCH_FULL") != nil ? 10_000_000 : 2_000_000
        let budget = 64 << 20
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 8640, loadWindow: 8640),
            memoryBudget: budget)
        var random = TestRandom(seed: 4)
        var most = 0
        for i in 0..<entities {
            harness.add(
                key: random.next(), value: "payment-\(i)", pane: 1000 + UInt32(i / 5000),
                requests: 1,
                tokens: 10, account: i)
            if i % 1000 == 0 { most = max(most, harness.store.memoryBytes) }
        }
        #expect(most <= budget + 4 << 20)
        #expect(harness.store.count + harness.store.evicted == entities)
        #expect(harness.store.evicted > entities / 2)
    }

    @Test("a cold entity costs at most 256 bytes, index and slack included")
    func coldEntityIsSmall() {
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 8640, loadWindow: 8640))
        var random = TestRandom(seed: 5)
        let empty = harness.store.memoryBytes
        let entities = 196_000
        for i in 0..<entities {
            harness.add(
                key: random.next(), value: "fp_0123456789abcdef_\(i % 10)", pane: 1000, requests: 1,
                tokens: 10, account: i)
        }
        let each = Double(harness.store.memoryBytes - empty) / Double(entities)
        #expect(each <= 256, "\(each) bytes an entity")
    }
}
