import Broker
import Delivery
import Events
import Primitives
import Telemetry
import Topology

/// Turns reports into the periodic log line: rates since the last one, and what is held now.
struct StatisticsLine {
    private let stalls: StallText
    private var last = ShardReport()
    private var lastMs: Int64?

    /// Lines about topics of these names.
    init(_ topics: TopicNames) { stalls = StallText(topics) }

    /// Whether it is time for a line; the first call starts the clock.
    mutating func isDue(_ now: Int64, everyMs: Int64) -> Bool {
        guard let lastMs else {
            self.lastMs = now
            return false
        }
        return now - lastMs >= everyMs
    }

    /// The line's fields.
    ///
    /// - Parameters:
    ///   - ends: where the input partitions end; nil where the brokers did not say.
    ///   - wallMs: the time of day.
    mutating func next(
        _ report: ShardReport, _ now: Int64, ends: [TopicPartition: OffsetRange]?, wallMs: Int64
    ) -> Logger.Metadata {
        let seconds = Double(max(1, now - (lastMs ?? now))) / 1000
        let rate = Double(report.ingest.consumed - last.ingest.consumed) / seconds
        last = report
        lastMs = now
        var fields = Self.totals(report)
        fields["events_per_s"] = .count(Int(rate))
        fields["entities"] = .count(report.entityCount)
        fields["state_bytes"] = .count(report.stateBytes)
        fields["open_findings"] = .count(report.openFindings)
        if report.restoring > 0 {
            fields["restoring"] = .count(report.restoring)
            fields["restore_done"] = .count(Int(report.restoreDone))
            fields["restore_total"] = .count(Int(report.restoreTotal))
            fields["restore_remaining_ms"] = .count(Int(report.restoreRemainingMs))
        }
        if let ends { Self.addLag(of: report, ends, wallMs, to: &fields) }
        Self.addWatermark(of: report, to: &fields)
        if let held = stalls.line(report.stalls) { fields["held"] = .string(held) }
        return fields
    }

    /// Records between what was read of this process's partitions and their ends, and how old the event time is that
    /// the slowest of those with unread records has come to.
    private static func addLag(
        of report: ShardReport, _ ends: [TopicPartition: OffsetRange], _ wallMs: Int64,
        to fields: inout Logger.Metadata
    ) {
        var records: Int64 = 0
        var slowest: EventTime?
        for input in report.inputs {
            guard let end = ends[TopicPartition(.input, input.partition)]?.high,
                end > input.position
            else { continue }
            records += end - input.position
            if let highest = input.highest { slowest = min(slowest ?? highest, highest) }
        }
        fields["lag_records"] = .count(records)
        if records == 0 {
            fields["lag_s"] = .count(0)
        } else if let slowest {
            fields["lag_s"] = .count(max(0, wallMs - slowest.ms) / 1000)
        }
    }

    private static func addWatermark(of report: ShardReport, to fields: inout Logger.Metadata) {
        guard let standing = report.watermark else { return }
        fields["watermark"] = .string(
            standing.closedThrough.map { Timestamp.rfc3339(ms: $0.ms) } ?? "none")
        if let source = standing.slowestSource { fields["watermark_held_by"] = .count(source) }
    }

    /// Totals since the start.
    static func totals(_ report: ShardReport) -> Logger.Metadata {
        var fields: Logger.Metadata = [
            "consumed": .count(report.ingest.consumed),
            "processed": .count(report.ingest.processed),
            "late": .count(report.ingest.late),
            "dead_letters": .count(report.deadLetters),
            "blocks": .count(report.blocks),
            "findings": .count(report.findings),
            "shadow_findings": .count(report.shadowFindings),
        ]
        let reasons = RejectReason.allCases.filter { report.ingest.rejected[$0.index] > 0 }
        if !reasons.isEmpty {
            fields["dead_letters_by"] = .string(
                reasons.map { "\($0.rawValue)=\(report.ingest.rejected[$0.index])" }
                    .joined(separator: " "))
        }
        if report.ingest.moreEvents > 0 || report.ingest.skippedRecords > 0 {
            fields["records_with_events"] = .count(report.ingest.recordsWithEvents)
            fields["records_skipped"] = .count(report.ingest.skippedRecords)
            fields["records_refused"] = .count(report.ingest.recordsRefused)
        }
        if report.evicted > 0 { fields["evicted"] = .count(report.evicted) }
        if report.entities.missingRecords > 0 {
            fields["missing_records"] = .count(report.entities.missingRecords)
        }
        if report.entities.duplicateBlocks > 0 {
            fields["duplicate_blocks"] = .count(report.entities.duplicateBlocks)
        }
        if report.entities.foreignBlocks > 0 {
            fields["foreign_blocks"] = .count(report.entities.foreignBlocks)
        }
        return fields
    }
}
