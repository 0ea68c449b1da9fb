import CampaignReports
import Detection
import Foundation
import Primitives
import TestSupport
import Testing

@Suite("STIX bundles")
struct StixTests {
    private func bundle(
        _ findings: [Finding] = [Samples.finding(1)], accounts: [String] = ["a1", "a2", "b"],
        tlp: TLP = .amber, key: String = "0123456789abcdef"
    ) throws -> String {
        let book = Samples.book(findings)
        let table = Samples.table(accounts.map { Samples.row($0, 1) })
        let found = try #require(book[Samples.uid(1)])
        let secret = try #require(ExportKey(Array(key.utf8)))
        return Samples.text(
            StixBundle(
                found, members: table.members(of: Samples.uid(1), in: book), key: secret, tlp: tlp))
    }

    private func objects(_ text: String) throws -> [[String: Any]] {
        let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require(root?["objects"] as? [[String: Any]])
    }

    @Test("bundles of every level are valid", .enabled(if: SchemaValidator.hasStix))
    func valid() throws {
        let facts = Samples.facts {
            $0.splitFrom = Samples.uid(2)
            $0.successorOf = Samples.uid(3)
        }
        var lines = try TLP.allCases.map { try bundle(tlp: $0) }
        lines.append(try bundle([Samples.finding(1, facts: facts)]))
        for campaignClass in CampaignClass.allCases {
            let facts = CampaignFacts(campaignClass: campaignClass)
            lines.append(try bundle([Samples.finding(1, facts: facts)]))
        }
        // Without members, evidence and words.
        var empty = Samples.finding(1, description: "")
        empty.evidence = []
        lines.append(try bundle([empty], accounts: []))
        let result = try SchemaValidator.validate(lines, as: "stix")
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("\(lines.count) findings checked, 0 invalid"))
    }

    @Test("the check fails on a bundle that is wrong", .enabled(if: SchemaValidator.hasStix))
    func checkCanFail() throws {
        let good = try bundle()
        for (old, new) in [
            (#""pattern_type":"stix""#, #""pattern_kind":"stix""#),
            (#""relationship_type":"indicates""#, #""relationship_type":"indicates it""#),
            (#""pattern":"[x-"#, #""pattern":"x-"#), (#""number_observed":"#, #""number":"#),
        ] {
            let bad = good.replacingOccurrences(of: old, with: new)
            #expect(bad != good, "\(old)")
            #expect(try SchemaValidator.validate([bad], as: "stix").status == 1, "\(new)")
        }
    }

    @Test("the same campaign gives the same bytes, in whatever order members come")
    func deterministic() throws {
        #expect(try bundle() == bundle(accounts: ["b", "a2", "a1"]))
        #expect(try bundle() != bundle(key: "fedcba9876543210"))
        let later = [Samples.finding(1), Samples.finding(1, .update, hours: 9)]
        let ids = { (text: String) in try Set(objects(text).compactMap { $0["id"] as? String }) }
        #expect(try ids(bundle()) == ids(bundle(later)))
        #expect(try bundle() != bundle(later))
    }

    @Test("no account and no card stands in a bundle, but as a hash under the key")
    func hashed() throws {
        let accounts = ["acct_one", "acct_two"]
        var finding = Samples.finding(1)
        finding.evidence.append(("top(account, 5)", Samples.top(["acct_one": 3])))
        let text = try bundle([finding], accounts: accounts)
        for word in accounts + ["p:17"] { #expect(!text.contains(word), "\(word)") }
        let all = try objects(text)
        let users = all.filter { $0["type"] as? String == "user-account" }
        #expect(users.count == 2)
        #expect(
            users.allSatisfy {
                ($0["user_id"] as? String)?.wholeMatch(of: /hmac-sha256:[0-9a-f]{64}/) != nil
            })
        let patterns = all.compactMap { $0["pattern"] as? String }
        #expect(patterns.contains(where: { $0.contains(#"value = 't (1) x\'']"#) }))
        #expect(patterns.contains("[ipv4-addr:value ISSUBSET '192.0.2.0/24']"))
    }

    @Test("everything about the campaign is marked, and every reference inside is there")
    func references() throws {
        let all = try objects(bundle(tlp: .amberStrict))
        let ids = Set(all.compactMap { $0["id"] as? String })
        #expect(ids.count == all.count)
        for object in all {
            let type = object["type"] as? String ?? ""
            let refs = [
                object["source_ref"], object["target_ref"], object["created_by_ref"],
            ].compactMap { $0 as? String }
            let lists = ["object_refs", "object_marking_refs"]
                .flatMap { object[$0] as? [String] ?? [] }
            for ref in refs + lists { #expect(ids.contains(ref), "\(type): \(ref)") }
            let isConstant = [
                "marking-definition", "identity", "extension-definition", "attack-pattern",
            ].contains(type)
            #expect((object["object_marking_refs"] == nil) == isConstant, "\(type)")
        }
        let campaign = try #require(all.first { $0["type"] as? String == "campaign" })
        #expect(campaign["objective"] as? String == "distillation")
        let names = all.filter { $0["type"] as? String == "attack-pattern" }
            .compactMap { $0["name"] as? String }
        #expect(names.contains("Extract AI Model"))
    }

    @Test("many members are spread over several objects")
    func many() throws {
        let accounts = (0..<12_000).map { "a\($0)" }
        let all = try objects(bundle(accounts: accounts))
        let refs = all.compactMap { $0["object_refs"] as? [String] }.map(\.count)
        // The accounts and three fingerprints in two objects; the note refers to the campaign.
        #expect(refs.sorted() == [1, 2_003, 10_000])
    }
}
