import Delivery
import Telemetry

/// Turns reports into the periodic log line: rates since the last one, and what is held now.
struct StatisticsLine {
    private var last = ShardReport()
    private var lastMs: Int64?

    /// Whether it is time for a line; the first call starts the clock.
    mutating func isDue(_ now: Int64, everyMs: Int64) -> Bool {
        guard let lastMs else {
            self.lastMs = now
            return false
        }
        return now - lastMs >= everyMs
    }

    /// The line's fields.
    mutating func next(_ report: ShardReport, _ now: Int64) -> Logger.Metadata {
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
        return fields
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
