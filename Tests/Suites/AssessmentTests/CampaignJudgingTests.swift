import Assessment
import Campaigns
import Detection
import Primitives
import Replay
import Testing

/// Campaigns are judged by their members.
@Suite("Campaigns in reports")
struct CampaignJudgingTests {
    /// A history of two farms with labels, and an account of nobody's.
    private static func world() throws -> History {
        let history = try History(
            labels: """
                type,kind,value,verdict,from,to,campaign
                campaign,,ring,confirmed,,,
                account,,r1,confirmed,,,ring
                account,,r2,confirmed,,,ring
                account,,r3,confirmed,,,ring
                account,,o1,confirmed,,,other
                account,,look,benign,,,crowd
                """)
        for account in ["r1", "r2", "r3", "o1", "look", "stranger"] {
            try history.requests(account, at: 0, count: 12)
        }
        return history
    }

    /// Members of the campaign that `finding` is about: accounts, each with the hour it was told of in.
    private static func memberships(_ all: [(of: [Finding], [(String, Double)])]) -> Memberships {
        var memberships = Memberships()
        for (findings, members) in all {
            guard let campaign = findings.first?.uid else { continue }
            memberships.note(
                members.map { name, hour in
                    MemberChange(
                        account: Array(name.utf8),
                        row: MemberRow(
                            campaign: campaign, campaignClass: .multiAccountAbuse,
                            since: History.time(0), confidence: 80, ties: 2),
                        time: History.time(hour))
                })
        }
        return memberships
    }

    @Test("a campaign is of the farm that most of its first members are of, and finds its members")
    func attribution() throws {
        let history = try Self.world()
        let campaign = try history.episode("test.shared", on: "campaign:c", from: 3)
        let memberships = Self.memberships([
            (campaign, [("r1", 3), ("r2", 3), ("stranger", 3), ("r3", 7), ("look", 9)])
        ])
        let report = history.report(
            campaign, hours: 12, memberships: (memberships, Memberships()))
        let score = try #require(report.judgement).score
        #expect(score.farms == Confusion(found: 1, wrong: 0, missed: 1))
        // look is wrong from the ninth hour on, o1 is missed, stranger has no label.
        #expect(score.accounts == Confusion(found: 3, wrong: 1, missed: 1, unlabelled: 1))
        let ring = try #require(score.perFarm.first { $0.name == "ring" })
        #expect(ring.found == History.time(3) && ring.findings == 1)
        // Half of the accounts that are found are found by the third hour, the last in the seventh.
        #expect(score.accountDetection.time(detecting: 0.5) == 3 * History.hour)
        #expect(score.accountDetection.time(detecting: 0.75) == 7 * History.hour)
    }

    @Test("campaigns of other rules are the same where they share most members")
    func pairs() throws {
        let history = try Self.world()
        let old = [
            try history.episode("test.shared", on: "campaign:a", from: 2),
            try history.episode("test.shared", on: "campaign:b", from: 2),
            try history.episode("test.shared", on: "campaign:c", from: 1, to: 2),
        ]
        let new = [
            try history.episode("test.shared", on: "campaign:d", from: 4),
            try history.episode("test.shared", on: "campaign:e", from: 5),
        ]
        let before = Self.memberships([
            (old[0], [("r1", 2), ("r2", 2), ("r3", 2)]), (old[1], [("r1", 2), ("o1", 2)]),
            (old[2], [("look", 1)]),
        ])
        let after = Self.memberships([
            (new[0], [("r2", 4), ("r3", 4), ("o1", 4)]), (new[1], [("look", 5)]),
        ])
        let report = history.report(
            History.inOrder(new), old: History.inOrder(old), hours: 12,
            memberships: (after, before))
        let diff = try #require(report.diff)
        let later = diff.pairs.filter { $0.changes == [.later] }
        #expect(later.map(\.before?.entity) == ["campaign:a"])
        #expect(later.map(\.after?.entity) == ["campaign:d"])
        let removed = diff.pairs.filter { $0.changes == [.removed] }.map(\.entity)
        // The third had closed before the other with its member opened.
        #expect(removed.sorted() == ["campaign:b", "campaign:c"])
        #expect(diff.pairs.filter { $0.changes == [.added] }.map(\.entity) == ["campaign:e"])
    }

    @Test("a labelled campaign without accounts counts from its time or its first finding on")
    func withoutAccounts() throws {
        let history = try History(
            labels: """
                type,kind,value,verdict,from,to,campaign
                fingerprint,payment,p_found,confirmed,,,found
                campaign,,timed,confirmed,2026-06-01T02:00:00Z,,
                fingerprint,device,d_timed,confirmed,,,timed
                fingerprint,device,d_nowhere,confirmed,,,nowhere
                account,,gone,confirmed,,,absent
                """)
        try history.requests("x", at: 0, count: 12)
        let findings = try history.episode("test.shared", on: "payment:p_found", from: 3)
        let report = history.report(findings, hours: 12)
        let score = try #require(report.judgement).score
        #expect(score.perFarm.map(\.name) == ["found", "timed"])
        #expect(score.farms == Confusion(found: 1, wrong: 0, missed: 1))
        #expect(score.perFarm[1].start == History.time(2) && score.absent == 2)
        #expect(SummaryText.text(report).contains("2 labelled campaigns are left out"))
    }

    @Test("one that comes back is one finding that is open again")
    func returns() throws {
        let history = try Self.world()
        var findings = try history.episode("test.shared", on: "campaign:c", from: 1, to: 3)
        var again = findings[0]
        (again.time, again.sequence) = (History.time(5), 2)
        findings.append(again)
        let episodes = Episode.all(findings)
        #expect(episodes.count == 1 && episodes[0].closed == nil)
    }
}
