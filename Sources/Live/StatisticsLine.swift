import Broker
import Delivery
import Events
import Primitives
import Telemetry
import Topology

/// Turns reports into the periodic log line: rates since the last one, and what is held now.
struct StatisticsLine {
    private let stalls: StallText
    private var last = Counters()
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
        _ report: ShardStatus, _ now: Int64, ends: [TopicPartition: OffsetRange]?, wallMs: Int64
    ) -> Logger.Metadata {
        let seconds = Double(max(1, now - (lastMs ?? now))) / 1000
        let rate = Double(report.counters.consumed - last.consumed) / seconds
        last = report.counters
        lastMs = now
        var fields = Self.totals(report)
        fields["events_per_s"] = .count(Int(rate))
        fields["entities"] = .count(report.counters.entities)
        fields["state_bytes"] = .count(report.counters.stateBytes)
        fields["open_findings"] = .count(report.counters.openFindings)
        if report.counters.restoring > 0 {
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
        of report: ShardStatus, _ ends: [TopicPartition: OffsetRange], _ wallMs: Int64,
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

    private static func addWatermark(of report: ShardStatus, to fields: inout Logger.Metadata) {
        guard let standing = report.watermark else { return }
        fields["watermark"] = .string(
            standing.closedThrough.map { Timestamp.rfc3339(ms: $0.ms) } ?? "none")
        if let source = standing.slowestSource { fields["watermark_held_by"] = .count(source) }
    }

    /// Totals since the start.
    static func totals(_ report: ShardStatus) -> Logger.Metadata {
        let counters = report.counters
        var fields: Logger.Metadata = [:]
        for counter in Counters.table {
            let count = counters[keyPath: counter.value]
            guard let field = counter.field, counter.isAlwaysSaid || count > 0 else { continue }
            fields[field] = .count(count)
        }
        let reasons = RejectReason.allCases.filter { counters.rejected[$0.index] > 0 }
        if !reasons.isEmpty {
            fields["dead_letters_by"] = .string(
                reasons.map { "\($0.rawValue)=\(counters.rejected[$0.index])" }
                    .joined(separator: " "))
        }
        if counters.moreEvents > 0 || counters.skippedRecords > 0 {
            fields["records_with_events"] = .count(counters.recordsWithEvents)
            fields["records_skipped"] = .count(counters.skippedRecords)
            fields["records_refused"] = .count(counters.recordsRefused)
        }
        return fields
    }
}
