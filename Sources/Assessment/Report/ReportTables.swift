import Detection
import Primitives
import Replay

/// A table as both the summary and the page have it: a head, and rows of texts; numbers are to the right.
struct ReportTable {
    var title: String
    var head: [String]
    var rows: [[String]]
    /// Columns of text; the others are numbers.
    var texts: Set<Int> = [0]
    /// A sentence below.
    var note = ""
}

extension BacktestReport {
    /// Rules with their findings, and before -> after.
    var ruleTable: ReportTable {
        var head = ["rule", "severity", "findings"]
        if diff != nil {
            head += ["before", "added", "removed", "earlier", "later", "other severity"]
        }
        if judgement != nil { head += ["confirmed", "benign", "unlabelled"] }
        head.append("state")
        var table = ReportTable(
            title: "Rules", head: head, rows: [], texts: [0, 1, head.count - 1])
        for row in rules {
            var cells = [
                row.id + (row.info?.shadow == true ? " (shadow)" : ""),
                row.info?.severity.rawValue ?? "–", grouped(row.episodes),
            ]
            if let counts = row.counts { cells += Self.cells(counts) }
            if judgement != nil {
                cells += [row.confirmed, row.benign, row.unlabelled].map { grouped($0) }
            }
            cells.append(
                row.info == nil
                    ? "removed"
                    : row.missing.isEmpty
                        ? (row.isLead ? "lead" : "ran")
                        : "no data: \(row.missing.joined(separator: ", "))")
            table.rows.append(cells)
        }
        if let diff {
            let total = ["all", "", grouped(episodes.count)] + Self.cells(diff.total)
            let labels = judgement == nil ? [] : ["", "", ""]
            table.rows.append(total + labels + [""])
        }
        return table
    }

    private static func cells(_ counts: EpisodeDiff.Counts) -> [String] {
        [grouped(counts.before)]
            + EpisodeDiff.Change.allCases.map { grouped(counts.changes[$0] ?? 0) }
    }

    /// Precision, recall and F1 by level.
    var scoreTable: ReportTable? {
        guard let judgement else { return nil }
        var table = ReportTable(
            title: "Against the labels",
            head: ["level", "precision", "recall", "F1", "found", "wrong", "missed", "unlabelled"],
            rows: [], note: "In brackets: 95 % Wilson intervals. Unlabelled ones count neither way."
        )
        let sides = [("", judgement.score)] + (judgement.before.map { [("before: ", $0)] } ?? [])
        for (prefix, score) in sides {
            for (level, confusion) in [
                ("accounts", score.accounts), ("entities", score.entities), ("farms", score.farms),
            ] {
                let counts = [
                    confusion.found, confusion.wrong, confusion.missed, confusion.unlabelled,
                ]
                table.rows.append(
                    [
                        prefix + level, Words.share(confusion.precision),
                        Words.share(confusion.recall),
                        Words.share(confusion.f1, confusion.f1Interval),
                    ] + counts.map { grouped($0) })
            }
        }
        return table
    }

    /// When each farm was found, and what it took before.
    var farmTable: ReportTable? {
        guard let judgement else { return nil }
        var head = [
            "farm", "accounts", "began", "found after", "by", "requests before", "tokens before",
        ]
        if judgement.before != nil { head.append("before: found after") }
        var table = ReportTable(title: "Farms", head: head, rows: [], texts: [0, 2, 4])
        let old = Dictionary(
            (judgement.before?.perFarm ?? []).map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a }
        )
        for farm in judgement.score.perFarm where farm.verdict == .confirmed {
            var cells = [
                Words.shortened(farm.name), grouped(farm.accounts), Words.time(farm.start),
                farm.found == nil ? "not found" : Words.span(farm.delayMs), farm.rule ?? "–",
                Words.part(farm.leaked.requests, farm.total.requests),
                Words.part(farm.leaked.tokens, farm.total.tokens),
            ]
            if judgement.before != nil {
                let delay = old[farm.name]?.delayMs
                cells.append(delay == nil ? "not found" : Words.span(delay))
            }
            table.rows.append(cells)
        }
        let all = judgement.score
        table.note =
            "Before the first finding: \(Words.part(all.leaked.requests, all.total.requests)) requests "
            + "and \(Words.part(all.leaked.tokens, all.total.tokens)) tokens."
        return table.rows.isEmpty ? nil : table
    }

    /// Thresholds with what they find.
    func sweepTable(_ sweep: Sweep.Result) -> ReportTable {
        var table = ReportTable(
            title: sweep.text,
            head: ["threshold", "findings", "a day"]
                + (judgement == nil
                    ? []
                    : [
                        "precision (entities)", "recall (accounts)", "recall (farms)",
                        "leaked requests",
                    ]),
            rows: [], texts: [])
        for row in sweep.rows {
            var cells = [
                Words.number(row.value), grouped(row.findings), decimal(row.perDay, places: 2),
            ]
            if let score = row.score {
                cells += [
                    Words.share(score.entities.precision.value, nil),
                    Words.share(score.accounts.recall.value, nil),
                    Words.part(score.farms.found, score.farms.found + score.farms.missed),
                    Words.part(score.leaked.requests, score.total.requests),
                ]
            }
            table.rows.append(cells)
        }
        if let choice = sweep.choice {
            let chosen = Words.share(choice.chosenOn.f1, choice.chosenOn.f1Interval)
            let later = Words.share(choice.reportedOn.f1, choice.reportedOn.f1Interval)
            table.note =
                "Chosen: \(Words.number(choice.value)), by F1 over accounts \(chosen); on the later stretch "
                + "\(later)."
        }
        return table
    }

    /// Sentences on what labels say beyond the tables.
    var judgementSentences: [String] {
        guard let judgement else { return [] }
        let score = judgement.score
        var sentences: [String] = []
        for (name, curve) in [
            ("farms", score.farmDetection), ("accounts", score.accountDetection),
        ] where curve.subjects > 0 {
            sentences.append(
                "Time to detect, \(name): half within \(Words.span(curve.time(detecting: 0.5))), nine in ten "
                    + "within \(Words.span(curve.time(detecting: 0.9))); \(grouped(curve.censored)) of "
                    + "\(grouped(curve.subjects)) not detected while watched.")
        }
        if let (budget, confusion) = judgement.atCapacity {
            let count = confusion.found + confusion.wrong + confusion.unlabelled
            sentences.append(
                "At \(budget.text), the most severe first: \(grouped(count)) findings, precision "
                    + "\(Words.share(confusion.precision)), \(grouped(confusion.unlabelled)) unlabelled."
            )
        }
        if score.absent > 0 {
            sentences.append(
                "\(grouped(score.absent)) labelled campaigns are left out: none of their accounts has an event here, or "
                    + "no account and no time of theirs is labelled.")
        }
        let bans = score.bans.findingFirst + score.bans.banFirst
        if bans > 0 {
            sentences.append(
                "Accounts that were banned: \(grouped(bans)); the finding came first for "
                    + "\(grouped(score.bans.findingFirst)), the ban for \(grouped(score.bans.banFirst))."
            )
        }
        return sentences
    }

    /// What was read, in a sentence.
    var inputSentence: String {
        let ingest = replay.ingest
        let span = replay.span.map {
            ", \(Words.time($0.lowerBound)) to \(Words.time($0.upperBound)) UTC"
        }
        return
            "\(grouped(ingest.processed)) events of \(grouped(ingest.consumed)) records\(span ?? "")"
            + "; \(grouped(ingest.rejectedTotal)) refused, \(grouped(ingest.late)) late."
    }
}
