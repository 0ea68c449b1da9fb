import Detection
import Testing
import YAML

@Suite("MITRE ATLAS")
struct AtlasTests {
    @Test("every class of campaign has techniques that the table knows, each once")
    func classes() {
        for campaignClass in CampaignClass.allCases {
            let ids = Atlas.techniques(of: campaignClass)
            #expect(!ids.isEmpty && Set(ids).count == ids.count, "\(campaignClass)")
            for id in ids { #expect(Atlas.technique(id) != nil, "\(id)") }
        }
        #expect(Atlas.techniques(of: .distillation).contains("AML.T0024.002"))
    }

    @Test("starter rules name techniques that the table knows")
    func starterRules() throws {
        var loader = RuleLoader(diagnostics: Diagnostics())
        for source in StarterRules.sources { loader.load(source) }
        let ids =
            loader.rules.flatMap(\.info.attack) + loader.campaignRules.flatMap(\.info.attack)
        #expect(ids.count > 15)
        for id in ids { #expect(Atlas.technique(id) != nil, "\(id)") }
    }

    @Test("names and tactics are those of the content 2026.09")
    func content() {
        #expect(Atlas.version == "2026.09")
        let expected: [(String, String, String, String)] = [
            ("AML.T0024.002", "Extract AI Model", "AML.TA0010", "Exfiltration"),
            (
                "AML.T0005.001", "Train Proxy via Replication", "AML.TA0001",
                "AI Attack Adaptation"
            ),
            ("AML.T0008.005", "AI Service Proxies", "AML.TA0003", "Resource Development"),
            ("AML.T0012", "Valid Accounts", "AML.TA0004", "Initial Access"),
            ("AML.T0048.004", "AI Intellectual Property Theft", "AML.TA0011", "Impact"),
        ]
        for (id, name, tacticID, tactic) in expected {
            let technique = Atlas.technique(id)
            #expect(technique?.name == name && technique?.tacticID == tacticID, "\(id)")
            #expect(technique?.tactic == tactic, "\(id)")
        }
        #expect(Atlas.technique("AML.T0024.009") == nil && Atlas.technique("T1078") == nil)
    }

    @Test("a campaign rule without techniques has those of its class")
    func campaignRules() {
        let (rules, complaints) = CampaignRuleTests.load(CampaignRuleTests.text("true"))
        #expect(complaints == "")
        #expect(rules.first?.info.attack == Atlas.techniques(of: .resale))
        let own = CampaignRuleTests.text("true", "class: resale\nattack: [AML.T0021]")
        #expect(CampaignRuleTests.load(own).0.first?.info.attack == ["AML.T0021"])
    }

    @Test("findings carry the content's version with their techniques")
    func findings() {
        let text = OutputSamples.text(OutputSamples.finding(), OutputSamples.encoders[0])
        #expect(
            text.contains(
                #""attacks":[{"version":"2026.09","tactic":{"uid":"AML.TA0010","name":"Exfiltration"}"#
            ))
    }
}
