import Detection
import Primitives
import TestSupport
import Testing
import Topology

@Suite("A rule's findings do not depend on other rules")
struct IndependenceTests {
    @Test("a rule finds alone what it finds in a set, to the byte, for random streams and rules")
    func alone() throws {
        var findings = 0
        let scenarios = isFullRun ? 3000 : 300
        for seed in 1...UInt64(scenarios) {
            let scenario = OracleScenario(seed: seed)
            var rules = RandomRules(seed: seed, paneWidth: scenario.timing.paneWidth)
            let texts = scenario.rules.map { $0.text() } + (0..<5).map { rules.next($0) }
            let together = try Self.run(texts, scenario, seed)
            for text in texts {
                let id = text.split(separator: "\n").first { $0.hasPrefix("id: ") }?.dropFirst(4)
                let alone = try Self.run([text], scenario, seed &+ 99)
                let same = together.filter { $0.rule == id ?? "" }.map(\.text)
                #expect(alone.map(\.text) == same, "seed \(seed), \(text)")
                if alone.map(\.text) != same { return }
                findings += alone.count
            }
        }
        #expect(findings > scenarios * 10)
    }

    private static func run(
        _ texts: [String], _ scenario: OracleScenario, _ seed: UInt64
    ) throws -> [(rule: String, text: String)] {
        let rules = try TestRules.set(texts, paneWidth: scenario.timing.paneWidth)
        let engine = try Engine.run(
            rules, timing: scenario.timing, gateways: scenario.gateways, Engine.Shape(),
            sources: scenario.sources, seed: seed)
        let encoder = FindingEncoder(format: .flat, productVersion: "0")
        return engine.findings.map { finding in
            var writer = JSONWriter()
            encoder.encode(finding, into: &writer)
            return (finding.rule.id, String(decoding: writer.buffer.array(), as: UTF8.self))
        }
    }

    private static let day: Int64 = 86_400_000

    /// Twenty accounts of as many cards on one template, on each of these days.
    private static func template(days: [Int64]) -> [TestEvent] {
        days.flatMap { day in
            (0..<20).map { i in
                TestEvent(
                    1_780_000_000_000 + day * Self.day + i * 1000, account: "a\(i)",
                    ["prompt_template": "t", "payment": "p\(i)"])
            }
        }
    }

    private static func creates(_ texts: [String], _ events: [TestEvent]) throws -> [Int64] {
        let engine = try Engine.run(
            try TestRules.set(texts), timing: TopologyPlan.Timing(), Engine.Shape(),
            sources: [events], seed: 1)
        return engine.findings.filter { $0.status == .create && $0.rule.id == "rule.spread" }
            .map { ($0.time.ms - 1_780_000_000_000) / Self.day }
    }

    @Test("a template of long ago is not novel when it comes back, whatever other rules ask")
    func ageOutlivesWindows() throws {
        let spread = TestRules.text(
            "rule.spread", when: "spread(24h) >= 15",
            ["kinds: [prompt_template]", "evidence: [age()]"])
        let other = TestRules.text(
            "rule.other", when: "requests(7d) >= 100000", ["kinds: [payment]"])
        let events = Self.template(days: Array(0...39) + [42])
        #expect(try Self.creates([spread], events).first == 0)
        #expect(try Self.creates([spread], events).last ?? 99 <= 30)
        #expect(try Self.creates([spread], events) == Self.creates([spread, other], events))
        // An age is remembered for 180 days of silence.
        let returns = Self.template(days: [0, 179, 179 + 181])
        #expect(try Self.creates([spread], returns) == [0, 360])
        #expect(try Self.creates([spread, other], returns) == [0, 360])
    }

    @Test("a silent entity is a subject for the rule's own longest window")
    func silenceCloses() throws {
        let few = TestRules.text(
            "rule.few", entity: "account", when: "requests(1m) < 5", ["keep_firing_for: 10s"])
        let long = TestRules.text(
            "rule.long", entity: "account", when: "requests(24h) >= 1000")
        let start: Int64 = 1_780_000_000_000
        let events = [TestEvent(start), TestEvent(start + 3_600_000, account: "b")]
        for texts in [[few], [few, long]] {
            let engine = try Engine.run(
                try TestRules.set(texts), timing: TopologyPlan.Timing(), Engine.Shape(),
                sources: [events], seed: 1)
            let steps = engine.findings.filter { $0.entity == "account:a" }
            #expect(steps.map(\.status) == [.create, .close])
            // Five panes after its own it holds, and the close comes with the sixth.
            #expect(steps.map { ($0.time.ms - start) / 1000 } == [10, 70])
        }
    }
}

/// Random rules over every feature, as texts.
private struct RandomRules {
    private var random: TestRandom
    private let width: Int64

    init(seed: UInt64, paneWidth: PaneWidth) {
        random = TestRandom(seed: seed ^ 0x5EED)
        width = paneWidth.ms
    }

    private mutating func pick<T>(_ items: [T]) -> T {
        items[Int.random(in: 0..<items.count, using: &random)]
    }

    private mutating func span(_ panes: [Int64]) -> String { "\(pick(panes) * width / 1000)s" }

    private mutating func feature(_ isAccount: Bool) -> String {
        let window = span([1, 6, 50, 333, 2000, 20_000])
        let both = [
            "requests(\(window)) \(pick([">= 2", "< 5", ">= 10"]))",
            "sum(output_tokens, \(window)) \(pick([">= 900", "< 900"]))",
            "distinct(model, \(window)) \(pick([">= 2", "< 3"]))",
            "evenness(model, \(window)) < 0.8", "top_share(model, \(window)) >= 0.5",
            "hours_active(\(pick(["1h", "5h", "24h"]))) < 0.5", "age() >= \(pick(["1m", "2d"]))",
            "age() < \(pick(["10m", "20d", "100d"]))", "ratio(errors, \(window)) >= 0.3",
        ]
        let prints = [
            "accounts(\(window)) \(pick([">= 3", "< 3"]))", "evenness(\(window)) >= 0.4",
            "new_accounts(\(window)) \(pick([">= 2", "< 2"]))", "new_share(\(window)) < 0.9",
            "spread(\(window)) >= 2", "payers(\(window)) >= 2", "top_share(\(window)) < 0.7",
        ]
        return pick(isAccount ? both : both + prints)
    }

    mutating func next(_ index: Int) -> String {
        let isAccount = Bool.random(using: &random)
        let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in feature(isAccount) }
        var lines = [
            "for: \(span([0, 0, 3, 40]))", "keep_firing_for: \(span([0, 2, 100]))",
            "suppress: { update_every: \(span([0, 9])), cooldown: \(span([0, 30, 3000])) }",
            "min_history: \(span([0, 0, 30]))",
        ]
        if !isAccount { lines.append("kinds: [\(pick(["ip", "payment", "device", "subnet"]))]") }
        if !isAccount, Bool.random(using: &random) {
            lines.append("evidence: [\"top(account, 3, \(span([6, 700])))\", age()]")
        }
        return TestRules.text(
            "rule.x\(index)", entity: isAccount ? "account" : "fingerprint",
            when: parts.joined(separator: pick([" && ", " || "])), lines)
    }
}
