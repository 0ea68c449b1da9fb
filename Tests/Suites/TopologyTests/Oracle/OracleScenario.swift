import Primitives
import TestSupport
import Topology

/// A random small world: timing, rules, and what every source sends.
struct OracleScenario {
    var timing = TopologyPlan.Timing()
    var rules: [NaiveRule] = []
    var sources: [[TestEvent]] = []
    let gateways = ["gw"]
    private var random: TestRandom
    private var silences: [Int64] = [0]

    init(seed: UInt64) {
        random = TestRandom(seed: seed)
        let widths: [Int64] = [1000, 10_000, 60_000]
        let width = PaneWidth(ms: pick(widths)) ?? .standard
        timing = TopologyPlan.Timing(
            paneWidth: width, latenessMs: pick([0, 1, 3, 5]) * width.ms + pick([0, 1, 777]),
            maxLatenessMs: pick([10, 40]) * width.ms, maxFutureSkewMs: 5 * width.ms)
        rules = makeRules(width)
        // Some worlds have silences as long as accounts are new, and as ages are remembered.
        if chance(6) == 0 { silences = [1, 13, 15] }
        if chance(20) == 0 { silences = [40, 170, 190] }
        let start: Int64 = 1_780_000_000_000 + Int64(chance(1000)) * 977
        let hasStamps = chance(3) == 0
        for _ in 0..<pick([1, 1, 2, 3, 5]) {
            sources.append(makeSource(start: start, count: 20 + chance(250), hasStamps))
        }
    }

    private mutating func chance(_ bound: Int) -> Int { .random(in: 0..<bound, using: &random) }
    private mutating func pick<T>(_ items: [T]) -> T { items[chance(items.count)] }

    private mutating func makeRules(_ width: PaneWidth) -> [NaiveRule] {
        let short: [Int64] = [6, 20, 60, 300]
        let long: [Int64] = [20, 60, 400]
        let load = pick(long)
        var rules: [NaiveRule] = []
        for i in 0..<(2 + chance(4)) {
            let isAccount = chance(3) == 0
            var rule = NaiveRule(
                id: "rule.r\(i)", kinds: isAccount ? ["account"] : kinds(), conjuncts: [],
                width: width)
            rule.conjuncts.append((.requests(pick(short)), Double(1 + chance(12))))
            if chance(2) == 0 {
                rule.conjuncts.append((.tokens(pick(short)), Double(chance(3000))))
            }
            if chance(4) == 0 { rule.conjuncts.append((.errorRatio(pick(short)), 0.25)) }
            if chance(4) == 0 {
                rule.conjuncts.append((.models(pick(long)), Double(1 + chance(3))))
            }
            if chance(5) == 0 { rule.conjuncts.append((.age, Double(chance(300)) * 10)) }
            if !isAccount {
                if chance(2) == 0 {
                    rule.conjuncts.append((.accounts(pick(long)), Double(1 + chance(6))))
                }
                if chance(4) == 0 {
                    rule.conjuncts.append((.payers(pick(long)), Double(1 + chance(2))))
                }
                if chance(4) == 0 {
                    rule.conjuncts.append((.newAccounts(pick(long)), Double(1 + chance(4))))
                }
                if chance(4) == 0 {
                    rule.conjuncts.append((.evenness(load), pick([0.2, 0.6, 0.9])))
                }
            }
            rule.holdPanes = pick([0, 0, 0, 1, 5, 30])
            rule.keepPanes = pick([0, 1, 10, 100])
            rule.updatePanes = pick([0, 1, 7, 1000])
            rule.cooldownPanes = pick([0, 5, 60, 1000])
            rule.historyPanes = pick([0, 0, 0, 3, 25])
            rules.append(rule)
        }
        return rules
    }

    private mutating func kinds() -> [String] {
        pick([["payment"], ["ip"], ["subnet"], ["ip", "payment", "subnet"], ["device"]])
    }

    private mutating func makeSource(start: Int64, count: Int, _ hasStamps: Bool) -> [TestEvent] {
        let width = timing.paneWidth.ms
        var now = start + Int64(chance(20)) * width
        let pace = pick([width / 10, width / 2, 2 * width])
        let disorder = pick([0, 0, timing.latenessMs, 3 * timing.latenessMs + width])
        return (0..<count).map { _ in
            now += Int64(chance(Int(pace * 2)))
            switch chance(300) {
            case 0: now += Int64(chance(500)) * width
            case 1: now += 20_000 * width
            case 2: now += silences[chance(silences.count)] * 86_400_000
            default: break
            }
            var event = makeEvent(now - Int64(chance(Int(disorder) + 1)))
            switch chance(100) {
            case 0: event.timeMs = now - timing.maxLatenessMs - Int64(chance(100)) * width
            case 1: event.timeMs = now + timing.maxLatenessMs + Int64(chance(100_000)) * width
            default: break
            }
            if hasStamps, chance(20) > 0 { event.timestampMs = now + Int64(chance(5)) * width }
            return event
        }
    }

    private mutating func makeEvent(_ timeMs: Int64) -> TestEvent {
        var event = TestEvent(timeMs, account: "a\(min(chance(8), chance(12)))")
        if chance(6) == 0 {
            event.account = "gw"
            if chance(4) > 0 { event.endUser = "u\(chance(4))" }
        }
        if chance(2) == 0 { event.createdMs = timeMs - Int64(chance(28)) * 86_400_000 }
        if chance(2) == 0 { event.status = pick([200, 200, 400, 429, 500]) }
        if chance(3) > 0 { event.outputTokens = UInt32(chance(1000)) }
        if chance(3) > 0 { event.model = pick(["m1", "m2", "m3", "m4"]) }
        if chance(4) > 0 { event.fingerprints["payment"] = "p\(chance(3))" }
        if chance(3) > 0 { event.fingerprints["ip"] = "10.0.\(chance(3)).\(chance(3))" }
        if chance(20) == 0 { event.fingerprints["subnet"] = "10.0.9.0/24" }
        if chance(3) == 0 { event.fingerprints["device"] = "d\(chance(2))" }
        return event
    }
}
