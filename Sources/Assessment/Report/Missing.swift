import Detection
import Primitives
import Replay

/// What was to be read and was not there, and the findings that look at it.
extension BacktestReport {
    /// Rows of the table that are shown, and entries of a list.
    private static let most = 1_000

    /// What is missing but for hours without events, which have a table of their own; nil where nothing is.
    var missingTable: ReportTable? {
        let gaps = replay.gaps.filter { $0.kind != .silence }
        guard !gaps.isEmpty else { return nil }
        let rows = gaps.prefix(Self.most).map { gap in
            [
                gap.source ?? "all", gap.detail, gap.span.map { Words.time($0.lowerBound) } ?? "",
                gap.span.map { Words.time($0.upperBound) } ?? "",
            ]
        }
        return ReportTable(
            title: "Missing in what was read", head: ["source", "what", "from", "to"],
            rows: Array(rows), texts: [0, 1, 2, 3],
            note:
                "\(grouped(touched.count)) of \(grouped(episodes.count)) findings have windows that reach "
                + "into a gap.")
    }

    /// The findings whose windows reach into a gap, in their order.
    var touched: [FindingID] {
        episodes.map(\.uid).filter { replay.gapEpisodes.contains($0) }
    }

    /// Writes the gaps and the findings that look at one as members.
    func writeMissing(to writer: inout JSONWriter) {
        writer.objects("missing", Array(replay.gaps.prefix(Self.most))) { writer, gap in
            writer.member("kind", gap.kind.rawValue)
            if let source = gap.source { writer.member("source", source) }
            writer.member("detail", gap.detail)
            if let records = gap.records { writer.member("records", records) }
            if let span = gap.span {
                writer.member("from", span.lowerBound)
                writer.member("to", span.upperBound)
            }
        }
        writer.list("findings_at_gaps", touched) { $0.value("\($1)") }
    }
}
