import Assessment
import Detection
import Primitives
import Testing

/// Scores of small histories, against numbers worked out by hand.
@Suite("Scores")
struct ScoreTests {
    /// Two farms, one look-alike, and an account of nobody's; requests of 100 tokens.
    private static func world() throws -> History {
        let history = try History(
            labels: """
                type,kind,value,verdict,from,to,campaign
                campaign,,ring,confirmed,,,
                account,,r1,confirmed,,,ring
                account,,r2,confirmed,,,ring
                fingerprint,payment,p_ring,confirmed,,,ring
                account,,s1,confirmed,,,slow
                account,,b1,banned,,2026-06-01T05:00:00Z,banned
                account,,look,benign,,,crowd
                fingerprint,device,d_crowd,benign,,,crowd
                account,,never,confirmed,,,ghost
                """)
        try history.requests("r1", at: 0, count: 6, fingerprints: ["payment": "p_ring"])
        try history.requests("r2", at: 2, count: 4, fingerprints: ["payment": "p_ring"])
        try history.requests("s1", at: 1, count: 10)
        try history.requests("b1", at: 1, count: 4)
        try history.requests("look", at: 0, count: 3, fingerprints: ["device": "d_crowd"])
        try history.requests("stranger", at: 0, count: 3)
        return history
    }

    @Test("farms, accounts and entities are found, missed and wrong as their labels say")
    func levels() throws {
        let history = try Self.world()
        let findings = History.inOrder([
            try history.episode(
                "test.shared", on: "payment:p_ring", from: 3, accounts: ["r1", "stranger"]),
            try history.episode("test.shared", on: "device:d_crowd", from: 4, to: 5),
            try history.episode("test.account", on: "account:stranger", from: 6),
        ])
        let score = try #require(history.report(findings, hours: 12).judgement).score
        #expect(score.farms == Confusion(found: 1, wrong: 1, missed: 2))
        // r1 and r2 had the payment; of the benign account the device was found; stranger is unlabelled.
        #expect(score.accounts == Confusion(found: 2, wrong: 1, missed: 2, unlabelled: 1))
        // Missed: the four confirmed accounts with events as entities of their own.
        #expect(score.entities == Confusion(found: 1, wrong: 1, missed: 4, unlabelled: 1))
        #expect(score.perFarm.map(\.name) == ["ring", "slow", "banned", "crowd"])
        let ring = score.perFarm[0]
        #expect(ring.accounts == 2 && ring.rule == "test.shared" && ring.findings == 1)
        #expect(ring.start == History.time(0) && ring.last == History.time(5))
        #expect(ring.found == History.time(3) && ring.delayMs == 3 * History.hour)
    }

    @Test("what leaked is what a farm did in panes that ended by the first finding")
    func leakage() throws {
        let history = try Self.world()
        let findings = try history.episode("test.shared", on: "payment:p_ring", from: 3.5)
        let score = try #require(history.report(findings, hours: 12).judgement).score
        // r1 at 0, 1, 2, 3 and r2 at 2, 3; nothing of the others was found.
        #expect(score.perFarm[0].leaked.requests == 6 && score.perFarm[0].leaked.tokens == 600)
        #expect(score.perFarm[0].total.requests == 10)
        #expect(score.leaked.requests == 6 + 10 + 4 && score.total.requests == 10 + 10 + 4)
        // A finding at the very end of the first pane leaves that pane's request leaked.
        let early = try history.episode("test.shared", on: "payment:p_ring", from: 10.0 / 3600)
        let first = try #require(history.report(early, hours: 12).judgement).score
        #expect(first.perFarm[0].leaked.requests == 1)
        let none = try #require(history.report([], hours: 12).judgement).score
        #expect(none.leaked == none.total && none.perFarm[0].found == nil)
    }

    @Test("who acted first is counted, and a ban censors the time to detect")
    func bans() throws {
        let history = try Self.world()
        let before = try history.episode("test.account", on: "account:b1", from: 4)
        let after = try history.episode("test.account", on: "account:b1", from: 6)
        let first = try #require(history.report(before, hours: 12).judgement).score
        #expect(first.bans.findingFirst == 1 && first.bans.banFirst == 0)
        let late = try #require(history.report(after, hours: 12).judgement).score
        #expect(late.bans.findingFirst == 0 && late.bans.banFirst == 1)
        // Found behind its ban, the farm counts as watched for four hours and not detected.
        #expect(late.farmDetection.subjects == 3 && late.farmDetection.censored == 3)
        #expect(first.farmDetection.censored == 2)
        #expect(first.farmDetection.steps.map(\.ms) == [3 * History.hour])
        #expect(first.farmDetection.steps.map(\.atRisk) == [3])
    }

    @Test(
        "a fingerprint without a label is what most of its labelled accounts are that had it before"
    )
    func carriers() throws {
        let history = try Self.world()
        for account in ["r1", "r2"] {
            try history.requests(account, at: 1, fingerprints: ["device": "shared"])
        }
        try history.requests("look", at: 1, fingerprints: ["device": "shared"])
        try history.requests("look", at: 1, fingerprints: ["device": "benign"])
        try history.requests("r1", at: 8, fingerprints: ["device": "benign"])
        try history.requests("r1", at: 9, fingerprints: ["device": "late"])
        let scorer = history.scorer(end: 12)
        func attribution(_ entity: String, at hours: Double) throws -> Attribution {
            let episodes = Episode.all(try history.episode("test.shared", on: entity, from: hours))
            return scorer.attribution(of: episodes[0])
        }
        #expect(try attribution("device:shared", at: 2).campaign == 0)
        #expect(try attribution("device:shared", at: 2).verdict == .confirmed)
        #expect(try attribution("device:benign", at: 2).verdict == .benign)
        #expect(try attribution("device:late", at: 8).verdict == nil)
        #expect(try attribution("device:late", at: 10).verdict == .confirmed)
        #expect(try attribution("device:nobody", at: 10).verdict == nil)
        #expect(try attribution("account:look", at: 1).verdict == .benign)
        #expect(try attribution("account:stranger", at: 1).verdict == nil)
        #expect(try attribution("payment:p_ring", at: 1).campaign == 0)
    }

    @Test(
        "of several labels the exclusive one counts, then the confirmed one, once they have begun")
    func claims() throws {
        let history = try History(
            labels: """
                {"type":"farm","population":"f","first":1780279200000}
                {"type":"look_alike","population":"b","first":1780272000000}
                {"type":"fingerprint","population":"b","entity":"device:x","exclusive":false,"accounts":90}
                {"type":"fingerprint","population":"f","entity":"device:x","exclusive":false,"accounts":3}
                {"type":"fingerprint","population":"b","entity":"device:y","exclusive":true,"accounts":2}
                {"type":"fingerprint","population":"f","entity":"device:y","exclusive":false,"accounts":9}
                """)
        let scorer = history.scorer(end: 12)
        func verdict(_ entity: String, at hours: Double) throws -> Verdict? {
            let episodes = Episode.all(try history.episode("test.shared", on: entity, from: hours))
            return scorer.attribution(of: episodes[0]).verdict
        }
        #expect(try verdict("device:x", at: 1) == .benign)
        #expect(try verdict("device:x", at: 3) == .confirmed)
        #expect(try verdict("device:y", at: 3) == .benign)
    }

    @Test("a team looks at the most severe findings of each period first")
    func budget() throws {
        let history = try Self.world()
        let day: Double = 24
        let findings = History.inOrder([
            try history.episode("test.account", on: "account:look", from: 1),
            try history.episode("test.account", on: "account:stranger", from: 2),
            try history.episode("test.shared", on: "payment:p_ring", from: 3),
            try history.episode("test.account", on: "account:r1", from: day + 1),
        ])
        let episodes = Episode.all(findings)
        func taken(_ text: String) throws -> [String] {
            try #require(Budget(text)).taken(episodes).map(\.entity)
        }
        #expect(try taken("1/day") == ["payment:p_ring", "account:r1"])
        #expect(try taken("2/day") == ["payment:p_ring", "account:look", "account:r1"])
        #expect(try taken("1/hour").count == 4)
        for text in ["", "5", "0/day", "-1/day", "5/month", "5/day/x", "x/day"] {
            #expect(Budget(text) == nil, "\(text)")
        }
    }

    @Test("equal replays give equal reports, byte by byte, but for how the run went")
    func bytes() throws {
        let history = try Self.world()
        let findings = try history.episode("test.shared", on: "payment:p_ring", from: 3)
        var report = history.report(findings, hours: 12)
        let text = ReportJSON.text(report)
        report.run.seconds = 99
        report.run.shards = 7
        let other = ReportJSON.text(report)
        let digests = [text, other].map { $0.firstMatch(of: /"digest":"([0-9a-f]{16})"/)?.1 }
        #expect(text != other && digests[0] != nil && digests[0] == digests[1])
        report.gaps = [History.time(1)...History.time(2)]
        let changed = ReportJSON.text(report)
        #expect(changed.firstMatch(of: /"digest":"([0-9a-f]{16})"/)?.1 != digests[0])
    }
}
