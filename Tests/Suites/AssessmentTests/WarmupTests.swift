import Assessment
import Detection
import Primitives
import Testing

/// What lies in front of the range warms windows up and is judged nowhere.
@Suite("Warm-up")
struct WarmupTests {
    @Test("a range begins and ends with panes, and is read from the warm-up on")
    func panes() {
        let width = PaneWidth.standard
        let range = JudgedRange(
            from: EventTime(ms: 1_000_015_000), to: EventTime(ms: 1_000_040_001),
            warmupMs: 20_000, paneWidth: width)
        #expect(range.from == EventTime(ms: 1_000_010_000))
        #expect(range.to == EventTime(ms: 1_000_050_000))
        #expect(range.start == EventTime(ms: 999_990_000))
        #expect(range.panes == 99_999..<100_005)
        let open = JudgedRange(from: nil, to: nil, warmupMs: 9, paneWidth: width)
        #expect(open.panes == 0..<(.max) && open.start == nil)
        let exact = JudgedRange(
            from: nil, to: EventTime(ms: 1_000_040_000), warmupMs: 0, paneWidth: width)
        #expect(exact.to == EventTime(ms: 1_000_040_000))
    }

    @Test("findings of the warm-up are dropped and counted; what goes on from it is no finding")
    func split() throws {
        let history = try History()
        let findings = History.inOrder([
            try history.episode("test.shared", on: "payment:before", from: 1, to: 4),
            try history.episode("test.shared", on: "payment:through", from: 2, to: 9),
            try history.episode("test.shared", on: "payment:edge", from: 5, to: 5),
            try history.episode("test.account", on: "account:in", from: 6),
        ])
        let report = history.report(findings, from: 5, hours: 12)
        #expect(report.warmup.dropped == 5)
        #expect(report.replay.findings.count == 2)
        #expect(report.episodes.map(\.entity) == ["account:in"])
        #expect(report.carried.map(\.entity) == ["payment:through"])
        #expect(report.openAtEnd.map(\.entity) == ["account:in"])
        #expect(report.rules.map(\.episodes) == [1, 0])
        let whole = history.report(findings, hours: 12)
        #expect(whole.warmup.dropped == 0 && whole.episodes.count == 4 && whole.carried.isEmpty)
    }

    @Test("a farm found in the warm-up is found, and one that had ended there is none")
    func scores() throws {
        let history = try History(
            labels: """
                type,kind,value,verdict,from,to,campaign
                account,,f1,confirmed,,,found
                account,,g1,confirmed,,,gone
                account,,m1,confirmed,,,missed
                """)
        try history.requests("f1", at: 1, count: 10)
        try history.requests("g1", at: 1, count: 2)
        try history.requests("m1", at: 1, count: 10)
        let findings = History.inOrder([
            try history.episode("test.account", on: "account:f1", from: 3),
            try history.episode("test.account", on: "account:g1", from: 2, to: 3),
        ])
        let score = try #require(history.report(findings, from: 5, hours: 12).judgement).score
        #expect(score.farms == Confusion(found: 1, wrong: 0, missed: 1))
        #expect(score.perFarm.map(\.name) == ["found", "missed"])
        #expect(score.accounts.found == 1 && score.accounts.missed == 1)
    }

    @Test("a rule that looks back further than there is history is told, on the first page too")
    func shortHistory() throws {
        let history = try History()
        let report = history.report([], from: 10, hours: 30)
        #expect(report.shortHistories.map(\.rule) == ["test.shared"])
        #expect(report.shortHistories.map(\.reachMs) == [24 * History.hour])
        #expect(report.shortHistories.map(\.historyMs) == [10 * History.hour])
        let said = "test.shared looks back 1d, and there is 10h 0m of history in front of the range"
        let page = ReportPage.text(report)
        let place = try #require(page.firstRange(of: said))
        let table = try #require(page.firstRange(of: "<h2>"))
        #expect(place.lowerBound < table.lowerBound)
        #expect(SummaryText.text(report).contains(said))
        #expect(history.report([], from: 24, hours: 30).shortHistories.isEmpty)
        #expect(history.report([], hours: 23).shortHistories.count == 1)
        #expect(history.report([], hours: 30).shortHistories.isEmpty)
    }

    @Test("another warm-up names the entities whose findings change in the range, and no other")
    func check() throws {
        let history = try History()
        func findings(_ shift: Double, closes: Double) throws -> [Finding] {
            History.inOrder([
                try history.episode("test.shared", on: "payment:same", from: 6, to: 8),
                try history.episode("test.shared", on: "payment:early", from: 3 + shift, to: 4),
                try history.episode("test.shared", on: "payment:through", from: 2 + shift, to: 9),
                try history.episode("test.account", on: "account:shifted", from: 6 + shift),
                try history.episode("test.account", on: "account:ends", from: 2, to: closes),
            ])
        }
        let report = history.report(
            try findings(0, closes: 9), from: 5, hours: 12,
            others: [try findings(0.5, closes: 10), try findings(0, closes: 9)])
        #expect(report.warmup.checks.map(\.entities) == [["account:ends", "account:shifted"], []])
        let summary = SummaryText.text(report)
        #expect(
            summary.contains("the findings of 2 entities change: account:ends, account:shifted."))
        #expect(summary.contains("With a warm-up of 4h no finding changes."))
    }

    @Test("what opens later in the range than it did before it is later, not added")
    func comparison() throws {
        let history = try History()
        let old = History.inOrder([
            try history.episode("test.shared", on: "payment:a", from: 2),
            try history.episode("test.shared", on: "payment:b", from: 2),
            try history.episode("test.shared", on: "payment:c", from: 6, to: 7),
        ])
        let new = History.inOrder([
            try history.episode("test.shared", on: "payment:a", from: 8),
            try history.episode("test.shared", on: "payment:b", from: 3),
        ])
        let diff = try #require(history.report(new, old: old, from: 5, hours: 12).diff)
        #expect(diff.total.before == 1 && diff.total.after == 1)
        #expect(diff.total.changes == [.later: 1, .removed: 1])
    }
}
