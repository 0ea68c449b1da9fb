import Detection
import Testing
import YAML

@Suite("What a rule asks events for")
struct RuleNeedsTests {
    /// What keeps a rule with this condition from firing where `absent` never comes.
    private func blocked(
        _ condition: String, _ absent: String..., entity: String = "account", kinds: String = ""
    ) throws -> [String] {
        var lines = [
            "apiVersion: stillwatch/v1", "kind: Rule", "id: test.needs", "version: 1",
            "severity: low", "description: A rule.", "entity: \(entity)", "when: \"\(condition)\"",
        ]
        if !kinds.isEmpty { lines.append("kinds: [\(kinds)]") }
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(SourceText(name: "r.yaml", text: lines.joined(separator: "\n") + "\n"))
        if let first = diagnostics.errors.first { throw first }
        let rule = try #require(try RuleSet(loader.rules).rules.first)
        return rule.needs.blocked { absent.contains($0.name) }.map(\.name)
    }

    @Test("what a condition bounds from below has to come")
    func lower() throws {
        #expect(try blocked("distinct(ip, 24h) >= 5", "fingerprints.ip") == ["fingerprints.ip"])
        #expect(try blocked("distinct(ip, 24h) >= 5", "model").isEmpty)
        #expect(try blocked("sum(output_tokens, 1h) > 100", "output_tokens") == ["output_tokens"])
        #expect(try blocked("ratio(errors, 1h) >= 0.5", "status") == ["status"])
        #expect(try blocked("ratio(single_turn, 1h) >= 0.9", "turn") == ["turn"])
        #expect(try blocked("ratio(signals.x, 1h) >= 0.5", "signals.x") == ["signals.x"])
        #expect(try blocked("evenness(model, 1h) >= 0.5", "model") == ["model"])
        #expect(try blocked("top_share(session, 1h) <= 0.5", "session") == ["session"])
    }

    @Test("what it bounds from above, or has an alternative to, need not come")
    func upper() throws {
        #expect(try blocked("ratio(errors, 1h) < 0.1", "status").isEmpty)
        #expect(try blocked("requests(1h) > 9 && distinct(ip, 1h) <= 2", "fingerprints.ip").isEmpty)
        #expect(try blocked("requests(1h) > 9 || distinct(ip, 1h) >= 2", "fingerprints.ip").isEmpty)
        #expect(try blocked("!(distinct(ip, 1h) >= 2)", "fingerprints.ip").isEmpty)
        #expect(try blocked("requests(1h) > 9", "model", "status").isEmpty)
    }

    @Test("of what is missing only what matters is named; where each alone would do, all of it")
    func named() throws {
        let both = "distinct(ip, 1h) >= 2 && ratio(errors, 1h) < 0.5"
        #expect(try blocked(both, "fingerprints.ip", "status") == ["fingerprints.ip"])
        let either = "distinct(ip, 1h) >= 2 || distinct(model, 1h) >= 2"
        #expect(try blocked(either, "fingerprints.ip").isEmpty)
        #expect(try blocked(either, "fingerprints.ip", "model") == ["fingerprints.ip", "model"])
    }

    @Test("a rule on fingerprints waits for its kinds, unless one of them comes")
    func kinds() throws {
        let condition = "accounts(24h) >= 15"
        let card = "fingerprints.payment"
        let device = "fingerprints.device"
        #expect(
            try blocked(condition, card, entity: "fingerprint", kinds: "payment") == [card])
        #expect(
            try blocked(condition, card, entity: "fingerprint", kinds: "payment, device").isEmpty)
        #expect(
            try blocked(condition, card, device, entity: "fingerprint", kinds: "payment, device")
                .sorted() == [device, card])
        #expect(
            try blocked("payers(24h) >= 3", card, entity: "fingerprint", kinds: "device") == [card])
    }
}
