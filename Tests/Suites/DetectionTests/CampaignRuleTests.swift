import Detection
import Primitives
import Testing
import YAML

@Suite("Campaign rules")
struct CampaignRuleTests {
    static func text(_ when: String, _ more: String = "class: resale") -> String {
        """
        apiVersion: stillwatch/v1
        kind: CampaignRule
        id: campaign.test
        version: 1
        severity: high
        when: \(when)
        description: A rule.
        \(more)
        """
    }

    static func load(_ text: String) -> (rules: [CampaignRule], complaints: String) {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(SourceText(name: "c.yaml", text: text))
        return (loader.campaignRules, diagnostics.text)
    }

    private static func view() -> CampaignView {
        var view = CampaignView()
        view.accounts = 20
        view.newAccounts = 15
        view.requests = 1000
        view.tokens = 5000
        view.fingerprints = [("payment", 3), ("prompt_template", 1)]
        view.groupWeights = [3, 0, 0, 4, 0, 0]
        return view
    }

    @Test(
        "Conditions are evaluated on what a campaign has",
        arguments: [
            ("accounts() == 20", true), ("new_accounts() > 15", false),
            ("share(new) == 0.75", true),
            ("requests() / accounts() >= 50", true), ("tokens() >= 5001", false),
            ("fingerprints() == 4", true), ("fingerprints(payment) == 3", true),
            ("fingerprints(fingerprints.badge) == 0", true), ("groups() == 2", true),
            ("has(identity) && !has(network)", true), ("weight(content) == 4", true),
            ("score() == 7", true), ("score() >= 8 || accounts() < 3", false),
            ("has(time) ? false : accounts() % 7 == 6", true), ("-accounts() < 0", true),
            // Nothing is known of elicitation: every comparison is false.
            ("elicitation() >= 0", false), ("elicitation() < 1", false),
            ("!(elicitation() >= 0.5)", true),
        ])
    func values(when: String, holds: Bool) throws {
        let (rules, complaints) = Self.load(Self.text("'\(when)'"))
        #expect(complaints == "")
        #expect(try #require(rules.first).holds(Self.view()) == holds)
    }

    @Test(
        "Mistakes are told with their place and what to do",
        arguments: [
            ("account() >= 3", "c.yaml:6:7", "did you mean 'accounts'?"),
            ("accounts >= 3", "c.yaml:6:7", "write accounts()"),
            ("accounts(24h) >= 3", "c.yaml:6:7", "write accounts()"),
            ("has(contend)", "c.yaml:6:11", "did you mean 'content'?"),
            ("has(everything)", "c.yaml:6:11", "groups: identity, network"),
            ("fingerprints(cardd) > 1", "c.yaml:6:20", "unknown fingerprint kind"),
            ("share(old) > 1", "c.yaml:6:13", "only share(new) is known"),
            ("accounts() + 3", "c.yaml:6:7", "a condition is true or false"),
            ("accounts() && true", "c.yaml:6:18", "cannot combine a number and true or false"),
            ("groups() >=", "c.yaml:6:18", "expected a value"),
            ("requests() > 24h", "c.yaml:6:20", "take no window"),
        ])
    func mistakes(when: String, place: String, note: String) {
        let (rules, complaints) = Self.load(Self.text(when))
        #expect(rules.isEmpty)
        #expect(complaints.contains(place) && complaints.contains(note), "\(complaints)")
    }

    @Test("A class is needed, unknown keys and classes are errors, ids are those of all rules")
    func document() {
        #expect(Self.load(Self.text("true", "status: active")).complaints.contains("needs 'class'"))
        #expect(
            Self.load(Self.text("true", "class: resail")).complaints
                .contains("did you mean 'resale'?"))
        #expect(
            Self.load(Self.text("true", "class: resale\nentity: account")).complaints
                .contains("unknown key 'entity'"))
        let twice = Self.text("true") + "\n---\n" + RuleText.rule("campaign.test")
        #expect(Self.load(twice).complaints.contains("duplicate rule id"))
        let other = Self.text("true").replacing("kind: CampaignRule", with: "kind: CampainRule")
        #expect(Self.load(other).complaints.contains("kinds of rules: Rule, CampaignRule"))
    }

    @Test("The most severe rule comes first, paused ones not at all, and those on trial last")
    func order() {
        let texts = [
            ("campaign.a", "severity: medium", "class: resale"),
            ("campaign.b", "severity: high", "class: probing"),
            ("campaign.c", "severity: high", "class: distillation"),
            ("campaign.d", "severity: critical", "class: resale\nstatus: shadow"),
            ("campaign.e", "severity: critical", "class: resale\nstatus: paused"),
        ].map { id, severity, more in
            Self.text("true", more).replacing("campaign.test", with: id)
                .replacing("severity: high", with: severity)
        }
        let (rules, complaints) = Self.load(texts.joined(separator: "\n---\n"))
        #expect(complaints == "")
        let set = CampaignRuleSet(rules)
        #expect(
            set.rules.map(\.info.id) == ["campaign.c", "campaign.b", "campaign.a", "campaign.d"])
        #expect(set.digest == CampaignRuleSet(rules.reversed()).digest)
    }

    @Test("Findings of campaigns have their facts at the top")
    func flat() {
        let encoder = FindingEncoder(format: .flat, productVersion: "0")
        let samples = OutputSamples.campaigns()
        let lead = OutputSamples.text(samples[0], encoder)
        let uid = samples[1].uid
        #expect(lead.contains(#""campaign":"\#(uid)""#))
        let text = samples.dropFirst().map { OutputSamples.text($0, encoder) }
        #expect(
            text[0].contains(#""entity":"campaign:\#(uid)","class":"distillation","if_benign""#))
        #expect(text[0].contains(#""group_names":["identity","content"]"#))
        let benign = CampaignClass.distillation.ifBenign([.content, .identity])
        #expect(benign.count == 3 && benign[1].hasPrefix("One payer"))
        #expect(text[0].contains(#""if_benign":["\#(benign.joined(separator: #"",""#))"]"#))
        #expect(!lead.contains("if_benign"))
        for key in ["redirect_to", "reason", "split_from", "successor_of"] {
            #expect(!text[0].contains("\"\(key)\""))
            #expect(text[1].contains("\"\(key)\":"))
        }
    }
}
