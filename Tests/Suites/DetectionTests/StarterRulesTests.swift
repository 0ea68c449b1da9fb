import Detection
import Primitives
import Testing
import YAML

@Suite("Starter rules")
struct StarterRulesTests {
    private static func load() -> (rules: [Rule], diagnostics: Diagnostics) {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for source in StarterRules.sources { loader.load(source) }
        return (loader.rules, diagnostics)
    }

    @Test("They are read without a word of complaint, and each explains itself")
    func complete() {
        let (rules, diagnostics) = Self.load()
        #expect(diagnostics.text == "")
        #expect(rules.count == 14)
        // Those that only feed campaigns begin with `lead.`, and the others give findings.
        #expect(rules.allSatisfy { $0.alerts != $0.info.id.hasPrefix("lead.") })
        #expect(rules.allSatisfy { $0.alerts || $0.campaign != nil })
        for rule in rules {
            #expect(!rule.info.description.isEmpty, "\(rule.info.id)")
            #expect(!rule.info.falsePositives.isEmpty, "\(rule.info.id)")
            #expect(!rule.info.attack.isEmpty, "\(rule.info.id)")
            #expect(rule.tests.contains { $0.expectations.isEmpty }, "\(rule.info.id)")
            #expect(rule.tests.contains { !$0.expectations.isEmpty }, "\(rule.info.id)")
        }
    }

    @Test("They need few kinds, dimensions and measures")
    func cheap() throws {
        let set = try RuleSet(Self.load().rules)
        #expect(
            set.kinds == [
                "card_bin", "device", "payment", "prompt_template", "reasoning_blob_in",
                "signup_cohort", "system_prompt", "tls_ja4", "tool_set",
            ])
        #expect(
            set.fingerprintSchema.dimensions.map(\.name) == [
                "account", "card_bin", "device", "payment",
            ])
        #expect(set.fingerprintSchema.dimensions.map(\.loadWindow) == [8640, 0, 0, 0])
        #expect(set.accountSchema.dimensions.map(\.name) == ["device", "tls_ja4"])
        #expect(set.rules.allSatisfy { !$0.gate.isOpen })
        #expect(set.signals == ["reasoning_elicitation"])
    }

    @Test("Their own tests pass in a naive engine", arguments: load().rules.map(\.file))
    func ownTests(file: String) throws {
        var rules = Self.load().rules.filter { $0.file == file }
        #expect(rules.count == 1)
        for i in rules.indices { rules[i].status = .active }
        let set = try RuleSet(rules)
        for (index, compiled) in set.rules.enumerated() {
            let rule = try #require(rules.first { $0.info.id == compiled.info.id })
            for test in rule.tests {
                let findings = NaiveEngine.findings(set, rule: index, test.events)
                #expect(test.failures(of: findings) == [], "\(rule.info.id): \(test.name)")
            }
        }
    }
}
