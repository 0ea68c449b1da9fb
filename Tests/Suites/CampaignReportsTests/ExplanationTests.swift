import CampaignReports
import Detection
import Primitives
import Testing

@Suite("Explanations and pages")
struct ExplanationTests {
    private func parts(_ text: String) -> (reviewer: String, owner: String) {
        let halves = text.split(separator: "For the owner of an account\n", maxSplits: 1)
        return (String(halves[0]), halves.count > 1 ? String(halves[1]) : "")
    }

    @Test("a campaign is explained by its rule, numbers, groups, leads, and what would be benign")
    func campaign() throws {
        let book = Samples.book([Samples.finding(1)])
        let found = try #require(book[Samples.uid(1)])
        let (reviewer, _) = parts(Explanation(found, in: book).text)
        for part in [
            "Campaign \(Samples.uid(1))\n",
            "campaign.distillation calls it distillation, severity high: Accounts tied together.",
            "first told of on 2026-06-01T03:00:00Z and is open",
            "60 accounts belong to it; 50 were younger than 14 days",
            "12,345 requests with its fingerprints and of 6,789,012 output tokens",
            "3 groups of evidence, which are independent of each other: identity, content, economics",
            "together they weigh 11", "3 payment, 1 prompt_template", "Up to 73 % of the requests",
            "lead.shared_means holds for payment:p:17, which 20 accounts share.",
            "- Nobody keeps the answers to train a model on", "- One payer is entitled",
        ] {
            #expect(reviewer.contains(part), "\(part)")
        }
        #expect(!reviewer.contains("limit was reached"))
    }

    @Test("an account is explained by its own row and the findings that name it")
    func account() throws {
        let book = Samples.book([Samples.finding(1), Samples.lead(of: 1)])
        let table = Samples.table([Samples.row("a1", 1), Samples.row("zz", 1, ties: 1)])
        let found = try #require(book[Samples.uid(1)])
        let text = Explanation(found, in: book, member: table["a1"]).text
        #expect(text.hasPrefix("Account a1\n- It was first seen with a fingerprint"))
        #expect(text.contains("3 fingerprints of the campaign tie it there; that it belongs"))
        #expect(text.contains("85 % sure"))
        #expect(text.contains("one of the campaign's busiest accounts, with 300 requests so far"))
        #expect(
            text.contains(
                "farm.shared_identity names it among the busiest accounts of payment:p:17"))
        let quiet = Explanation(found, in: book, member: table["zz"]).text
        #expect(quiet.contains("one fingerprint of the campaign"))
        #expect(!quiet.contains("names it among"))
    }

    @Test("the owner reads no fingerprint, no other account, no rule and no threshold")
    func owner() throws {
        let book = Samples.book([Samples.finding(1), Samples.lead(of: 1)])
        let table = Samples.table([Samples.row("a2", 1)])
        let found = try #require(book[Samples.uid(1)])
        let (_, owner) = parts(Explanation(found, in: book, member: table["a2"]).text)
        #expect(owner.contains("Since 2026-06-01T00:00:00Z this account has been used"))
        #expect(owner.contains("how they are paid for or were signed up; how their requests"))
        #expect(owner.contains("answers are collected to train another model"))
        for part in ["p:17", "a1", "t (1)", "192.0.2", "farm.", "campaign.", "11", "60", "score"] {
            #expect(!owner.contains(part), "\(part)")
        }
    }

    @Test("what became of a campaign is said")
    func fate() throws {
        let redirected = Samples.finding(
            1, .close, hours: 9,
            facts: Samples.facts {
                $0.redirectTo = Samples.uid(2)
                $0.reason = "shared_payment"
                $0.splitFrom = Samples.uid(4)
                $0.successorOf = Samples.uid(5)
            })
        let book = Samples.book([Samples.finding(1), redirected, Samples.finding(2)])
        let merged = Explanation(try #require(book[Samples.uid(1)]), in: book).text
        #expect(
            merged.contains(
                "became part of campaign \(Samples.uid(2)) on 2026-06-01T09:00:00Z, because their accounts share a payment."
            ))
        #expect(merged.contains("It was part of campaign \(Samples.uid(4))"))
        #expect(merged.contains("what campaign \(Samples.uid(5)) left behind"))
        let survivor = Explanation(try #require(book[Samples.uid(2)]), in: book).text
        #expect(survivor.contains("These turned out to be part of it: \(Samples.uid(1))."))
    }

    @Test("a page of Markdown escapes what it did not write, and hashes accounts under a key")
    func markdown() throws {
        let book = Samples.book([
            Samples.finding(1, description: "An <b>operator</b> | with\n`marks`")
        ])
        let found = try #require(book[Samples.uid(1)])
        let members = Samples.table([Samples.row("a|1", 1)]).members(of: Samples.uid(1), in: book)
        let open = CampaignMarkdown(found, in: book, members: members, key: nil).text
        #expect(open.contains("# Campaign \(Samples.uid(1))\n"))
        #expect(open.contains(#"An \<b\>operator\</b\> \| with \`marks\`"#))
        #expect(open.contains(#"| a\|1 | 2026-06-01T00:00:00Z | 0.85 | 3 |"#))
        #expect(open.contains("| lead.shared\\_means | payment:p:17 | 20 |"))
        #expect(open.contains("- [ ] Nobody keeps the answers"))
        let hashed = CampaignMarkdown(found, in: book, members: members, key: Samples.key).text
        #expect(!hashed.contains(#"a\|1"#) && !hashed.contains("p:17"))
        #expect(hashed.contains("hmac-sha256:") && hashed.contains("t (1) x'"))
    }

    @Test("rows name fingerprints once and accounts with their ties")
    func rows() throws {
        let book = Samples.book([Samples.finding(1)])
        let found = try #require(book[Samples.uid(1)])
        let members = Samples.table([Samples.row("a1", 1)]).members(of: Samples.uid(1), in: book)
        let rows = CampaignRows.rows(found, members: members, key: nil)
        #expect(rows.map(\.count).allSatisfy { $0 == CampaignRows.columns.count })
        #expect(rows.map { $0[0] } == ["fingerprint", "fingerprint", "fingerprint", "account"])
        #expect(
            rows[3] == [
                "account", "account", "a1", Samples.uid(1).description, "distillation",
                "2026-06-01T00:00:00.000Z", "0.85", "3", "",
            ])
        let hashed = CampaignRows.rows(found, members: members, key: Samples.key)
        #expect(hashed[3][2].hasPrefix("hmac-sha256:") && hashed[1][2].hasPrefix("hmac-sha256:"))
        #expect(hashed[0][2] == "t (1) x'")
    }
}
