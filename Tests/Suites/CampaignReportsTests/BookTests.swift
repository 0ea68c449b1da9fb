import CampaignReports
import Detection
import Primitives
import Testing

@Suite("What findings tell of campaigns")
struct BookTests {
    @Test("a campaign is read from either format, all of it", arguments: FindingFormat.allCases)
    func formats(format: FindingFormat) throws {
        let facts = Samples.facts {
            $0.splitFrom = Samples.uid(2)
            $0.successorOf = Samples.uid(3)
            $0.reason = "returning"
        }
        let book = Samples.book([Samples.finding(1, facts: facts)], format)
        let found = try #require(book[Samples.uid(1)])
        let last = found.last
        #expect(last.campaignClass == .distillation && last.severity == .high)
        #expect(last.rule == "campaign.distillation" && last.status == .create && found.isOpen)
        #expect(last.description == "Accounts tied together." && !last.isShadow)
        #expect(last.time.ms - last.firstSeen.ms == 3 * Samples.hour)
        #expect(last.time.ms - last.lastSeen.ms == 60_000)
        #expect(found.splitFrom == Samples.uid(2) && found.successorOf == Samples.uid(3))
        #expect(last.reason == "returning" && last.redirectTo == nil)
        let evidence = last.evidence
        #expect(evidence.accounts == 60 && evidence.newAccounts == 50)
        #expect(evidence.requests == 12_345 && evidence.tokens == 6_789_012)
        #expect(evidence.score == 11 && evidence.elicitation == 0.725)
        #expect(evidence.groups == [.identity, .content, .economics])
        #expect(evidence.kinds.map(\.kind) == ["payment", "prompt_template"])
        #expect(evidence.busiest.map(\.account) == ["a1", "a2"])
        #expect(evidence.leads.map(\.accounts) == [60, 20, 9])
        #expect(
            evidence.leads[0].kind == "prompt_template" && evidence.leads[0].value == "t (1) x'")
        #expect(evidence.leads[1].fingerprint == "payment:p:17")
    }

    @Test("older OCSF is read as the newest", arguments: OCSFVersion.allCases)
    func versions(version: OCSFVersion) throws {
        var writer = JSONWriter()
        FindingEncoder(format: .ocsf, productVersion: "0", ocsfVersion: version)
            .encode(Samples.finding(1), into: &writer)
        var book = CampaignBook()
        let isFinding = book.add(line: Array(writer.buffer.bytes))
        #expect(isFinding)
        #expect(
            book[Samples.uid(1)]?.last == Samples.book([Samples.finding(1)])[Samples.uid(1)]?.last)
    }

    @Test("the last step counts, steps that come twice count once, and history keeps the rest")
    func history() throws {
        let steps = [
            Samples.finding(1, .create, hours: 3, accounts: 20),
            Samples.finding(1, .update, hours: 9, accounts: 60),
            Samples.finding(1, .update, hours: 9, accounts: 60),
            Samples.finding(1, .close, hours: 40, accounts: 10),
        ]
        let found = try #require(Samples.book(steps)[Samples.uid(1)])
        #expect(found.state == "closed" && found.last.evidence.accounts == 10)
        #expect(found.history.map(\.accounts) == [20, 60, 10])
        // Its leads have closed with it: what speaks for it is what it showed before.
        #expect(found.evidence.accounts == 60)
        let returned = try #require(
            Samples.book(steps + [Samples.finding(1, .create, hours: 50)])[Samples.uid(1)])
        #expect(returned.isOpen && returned.state == "open")
    }

    @Test("redirects are followed to the end, and a circle of them ends")
    func redirects() {
        func close(_ number: UInt64, into other: UInt64) -> Finding {
            Samples.finding(
                number, .close, hours: 9,
                facts: Samples.facts {
                    $0.redirectTo = Samples.uid(other)
                    $0.reason = "shared_payment"
                })
        }
        let book = Samples.book([close(1, into: 2), close(2, into: 3), Samples.finding(3)])
        #expect(book.survivor(of: Samples.uid(1)) == Samples.uid(3))
        #expect(book.survivor(of: Samples.uid(7)) == Samples.uid(7))
        #expect(
            Set(book.merged(into: Samples.uid(3))) == [Samples.uid(1), Samples.uid(2)])
        #expect(book[Samples.uid(1)]?.state == "merged")
        #expect(book.sorted.map(\.uid).first == Samples.uid(3))
        let table = Samples.table([
            Samples.row("a", 1), Samples.row("b", 3), Samples.row("c", 4),
        ])
        #expect(table.members(of: Samples.uid(3), in: book).map(\.account) == ["a", "b"])
        let circle = Samples.book([close(1, into: 2), close(2, into: 1)])
        #expect([Samples.uid(1), Samples.uid(2)].contains(circle.survivor(of: Samples.uid(1))))
    }

    @Test("a uid's beginning finds it, with and without campaign: in front")
    func prefixes() {
        let book = Samples.book([Samples.finding(1), Samples.finding(2)])
        let text = Samples.uid(1).description
        #expect(book.matches(String(text.prefix(8))) == [Samples.uid(1)])
        #expect(book.matches("campaign:\(text.uppercased())") == [Samples.uid(1)])
        #expect(book.matches("") == [] && book.matches("xyz") == [])
    }

    @Test("leads of a campaign are kept with the accounts they name")
    func leads() {
        let book = Samples.book([Samples.finding(1), Samples.lead(of: 1), Samples.lead(of: 2)])
        // Both are of one episode: the later one counts.
        #expect(book.leads(of: Samples.uid(1)) == [])
        #expect(book.leads(of: Samples.uid(2)).map(\.entity) == ["payment:p:17"])
        #expect(book.leads(of: Samples.uid(2)).first?.accounts == ["a1"])
    }

    @Test(
        "what is no finding is refused",
        arguments: [
            "", "{", "[1]", "7", #"{"time":1,"account":"campaign"}"#,
            #"{"rule":"r","entity":"campaign:zz"}"#,
        ])
    func refused(line: String) {
        var book = CampaignBook()
        let isFinding = book.add(line: Array(line.utf8))
        #expect(!isFinding)
        #expect(book.findings == 0)
    }

    @Test("findings that belong to no campaign are counted and no more")
    func others() {
        var other = Samples.lead(of: 1)
        other.memberOf = nil
        let book = Samples.book([other])
        #expect(book.findings == 1 && book.count == 0)
    }

    @Test("the last row of an account counts, and a release removes it")
    func members() {
        var table = Samples.table([Samples.row("a", 1), Samples.row("a", 2)])
        #expect(table.count == 1 && table["a"]?.campaign == Samples.uid(2))
        table.release("a")
        table.release("unknown")
        #expect(table["a"] == nil && table.count == 0)
        for row in [#"{"account":"a"}"#, "", "{", #"{"campaign":"x"}"#] {
            let isRow = table.add(row: Array(row.utf8))
            #expect(!isRow, "\(row)")
        }
    }

    @Test("a row is written as it was read")
    func row() throws {
        let row = Samples.row(#"a\"b"#, 1)
        let member = try #require(Samples.table([row])[#"a"b"#])
        var writer = JSONWriter()
        member.write(to: &writer)
        #expect(writer.buffer.string() == String(decoding: row, as: UTF8.self))
    }
}
