import Primitives
import Replay
import YAML

/// What a report says of the range, the warm-up, and what lies at its ends.
extension BacktestReport {
    /// Rules that are named where many look back too far.
    private static let named = 5

    /// What a reader must know before the numbers: rules without enough history, and state that was given up.
    var notices: [String] { evictionNotices + historyNotices + campaignNotices }

    /// State within the memory budget depends on all rules that run, so beyond it nothing is exact any more.
    private var evictionNotices: [String] {
        let evicted = replay.entities.evicted
        guard evicted > 0 else { return [] }
        return [
            "\(grouped(evicted)) entities were forgotten to stay within state.memory_budget: findings on them may be "
                + "missing, and which ones are forgotten depends on all rules that run. Raise the budget for exact "
                + "comparisons."
        ]
    }

    private var historyNotices: [String] {
        let shown = shortHistories.prefix(Self.named).map { short in
            "\(short.rule) looks back \(durationText(ms: short.reachMs)), and there is "
                + "\(Words.span(short.historyMs)) of history \(historyPlace): what it finds first may come "
                + "late, or be less than it would be."
        }
        let rest = shortHistories.count - shown.count
        let more = "\(grouped(rest)) more rules look back further than there is history."
        return shown + (rest > 0 ? [more] : [])
    }

    private var historyPlace: String {
        warmup.range.from == nil ? "in all" : "in front of the range"
    }

    /// The range and its warm-up; empty where the whole history is judged.
    var warmupSentences: [String] {
        let range = warmup.range
        guard range.from != nil || range.to != nil else { return [] }
        let ends = [
            range.from.map { "from \(Words.time($0))" }, range.to.map { "to \(Words.time($0))" },
        ].compactMap(\.self)
        var sentences = [
            "Judged \(ends.joined(separator: " ")) UTC; \(grouped(replay.ingest.outside)) events lie outside."
        ]
        if range.from != nil {
            sentences.append(
                "Warm-up: \(durationText(ms: range.warmupMs)); \(grouped(warmup.dropped)) findings in it are "
                    + "dropped, \(grouped(carried.count)) that opened in it were open in the range."
            )
        }
        return sentences + warmup.checks.map { sentence($0) }
    }

    private func sentence(_ check: WarmupCheck) -> String {
        let span = durationText(ms: check.warmupMs)
        let entities = check.entities
        guard !entities.isEmpty else { return "With a warm-up of \(span) no finding changes." }
        let names = entities.prefix(20).map { Words.shortened($0) }.joined(separator: ", ")
        return
            "With a warm-up of \(span) the findings of \(grouped(entities.count)) entities change: "
            + names + Words.more(entities.count, shown: 20) + "."
    }

    /// What was open at the end; nil where nothing was.
    var openTable: ReportTable? {
        let open = openAtEnd
        guard !open.isEmpty else { return nil }
        var table = ReportTable(
            title: "Open at the end", head: ["entity", "rule", "severity", "opened", "last seen"],
            rows: open.prefix(Self.shownOpen).map { episode in
                [
                    Words.shortened(episode.entity), episode.rule, episode.severity.rawValue,
                    Words.time(episode.opened), Words.time(episode.lastSeen),
                ]
            }, texts: [0, 1, 2, 3, 4])
        table.note =
            "\(grouped(open.count)) findings were firing when the history ended; when they close is not known."
        if open.count > Self.shownOpen {
            table.note += " The first \(Self.shownOpen) are shown, report.json has all."
        }
        return table
    }

    private static let shownOpen = 20
}
