import Aggregation
import Detection
import Primitives
import TestSupport
import Testing

@Suite("Evaluator")
struct EvaluatorTests {
    @Test("Compiled conditions agree with a naive interpreter on random expressions")
    func model() throws {
        let seed: UInt64 = 0x5EED_0001
        print("seed \(seed)")
        for round in 0..<1500 {
            var maker = ExpressionMaker(state: seed &+ UInt64(round) << 20)
            let naive = maker.flag(depth: 4)
            let text = RuleText.rule(
                when: "|\n  \(naive.text)", ["kinds: [ip, device, payment]"])
            let set = try RuleText.set(text)
            var evaluator = Evaluator(set, .fingerprint)
            for entitySeed in 0..<20 {
                let kind =
                    set.kinds.firstIndex(of: ["ip", "device", "payment"][entitySeed % 3]) ?? 0
                let entity = FakeEntity(seed: UInt64(entitySeed), kind: kind)
                evaluator.begin()
                let holds = evaluator.holds(rule: 0, entity)
                let expected = naive.value(entity, set.fingerprintSchema, kinds: set.kinds) != 0
                #expect(holds == expected, "round \(round): \(naive.text)")
            }
        }
    }

    @Test("Evidence is the same numbers, and undefined where a feature is")
    func evidence() throws {
        let names = [
            "accounts(24h)", "evenness(24h)", "age()", "requests(24h) / 0", "1h", "top(account, 2)",
        ]
        let text = RuleText.rule("a.b", ["evidence: [\(names.joined(separator: ", "))]"])
        let set = try RuleText.set(text)
        var evaluator = Evaluator(set, .fingerprint)
        var hasUndefined = false
        for seed in 0..<50 {
            let entity = FakeEntity(seed: UInt64(seed))
            evaluator.begin()
            let found = evaluator.evidence(set.rules[0], entity) { dimension, count, window in
                #expect(dimension == 0)
                #expect(count == 2)
                #expect(window == 8640)
                return [(value: [0x61], count: 7)]
            }
            #expect(found.map(\.name) == names)
            guard case .number(let accounts) = found[0].value else { continue }
            #expect(accounts == entity.distinct(dimension: 0, window: 8640))
            guard case .number(let age) = found[2].value else { continue }
            #expect(age == Double(entity.agePanes) * 10)
            if case .undefined = found[1].value { hasUndefined = true }
            if case .undefined = found[3].value {} else { Issue.record("x / 0 is undefined") }
            if case .number(let hour) = found[4].value { #expect(hour == 3600) }
            guard case .top(let top) = found[5].value else { continue }
            #expect(top.first?.count == 7)
        }
        #expect(hasUndefined)
    }

    @Test("A comparison with an undefined feature is false, its negation true")
    func undefined() throws {
        let conditions = [
            ("evenness(24h) >= 0", false), ("evenness(24h) != 1", false),
            ("evenness(24h) < 9", false),
            ("!(evenness(24h) >= 0)", true), ("evenness(24h) * 0 == 0", false),
            ("(evenness(24h) > 0 ? 1 : 2) == 2", true), ("requests(1h) / 0 != 5", false),
        ]
        let entity = try #require(
            (0..<100).map { FakeEntity(seed: $0) }
                .first { $0.loads(dimension: 0, window: 8640).sampled == 0 })
        for (condition, expected) in conditions {
            let set = try RuleText.set(RuleText.rule(when: "|\n  \(condition)"))
            var evaluator = Evaluator(set, .fingerprint)
            evaluator.begin()
            let holds = evaluator.holds(rule: 0, entity)
            #expect(holds == expected, "\(condition)")
        }
    }

    @Test("Evaluation allocates nothing")
    func allocationFree() throws {
        let condition =
            "accounts(24h) >= 3 && (evenness(24h) >= 0.5 || spread(24h) > 1) && kind != 'ip'"
        let set = try RuleText.set(
            RuleText.rule("a.one", when: condition),
            RuleText.rule("a.two", when: "top_share(ip, 1h) > 0.5 && age() < 30d"))
        var evaluator = Evaluator(set, .fingerprint)
        var count = 0
        let allocated = allocations {
            for seed in 0..<10_000 {
                let entity = CheapEntity(base: seed)
                evaluator.begin()
                for rule in 0..<2 where evaluator.holds(rule: rule, entity) { count += 1 }
            }
        }
        #expect(count > 0)
        if let allocated { #expect(allocated == 0) }
    }

    @Test("A feature several rules ask for is computed once an entity")
    func memoised() throws {
        let set = try RuleText.set(
            RuleText.rule("a.one", when: "accounts(24h) > 1 && accounts(24h) < 99"),
            RuleText.rule("a.two", when: "accounts(24h) > 2"))
        var evaluator = Evaluator(set, .fingerprint)
        let entity = CountingEntity()
        for asked in 1...3 {
            evaluator.begin()
            let first = evaluator.holds(rule: 0, entity)
            let second = evaluator.holds(rule: 1, entity)
            #expect(first && second)
            #expect(entity.asked == asked)
        }
    }
}

/// Answers without allocating.
private struct CheapEntity: FeatureSource {
    var base: Int
    var agePanes: UInt32 { 5 }
    var kind: EntityKind { .fingerprint(0) }
    func sum(measure: Int, window: UInt32) -> Int64 { Int64(base) }
    func distinct(dimension: Int, window: UInt32) -> Double { Double(base % 9) }
    func loads(dimension: Int, window: UInt32) -> Loads {
        Loads(values: 2, sampled: 2, sum: 20, sumOfSquares: 200, largest: 11)
    }
    func newborn(dimension: Int, window: UInt32, youngerThan: UInt32) -> Double { 1 }
    func activeHours(hours: UInt32) -> Int { 3 }
}

/// Counts how often it is asked.
private final class CountingEntity: FeatureSource {
    var asked = 0
    var agePanes: UInt32 { 5 }
    var kind: EntityKind { .fingerprint(0) }
    func sum(measure: Int, window: UInt32) -> Int64 { 0 }
    func distinct(dimension: Int, window: UInt32) -> Double {
        asked += 1
        return 5
    }
    func loads(dimension: Int, window: UInt32) -> Loads {
        Loads(values: 0, sampled: 0, sum: 0, sumOfSquares: 0, largest: 0)
    }
    func newborn(dimension: Int, window: UInt32, youngerThan: UInt32) -> Double { 0 }
    func activeHours(hours: UInt32) -> Int { 0 }
}
