import Detection
import Events
import Primitives

/// Something that was to be read and is not there: a finding whose window reaches into it may be wrong or missing.
public struct Gap: Sendable, Equatable {
    /// What is missing, and why.
    public enum Kind: String, Sendable, CaseIterable {
        /// Records that retention took before they were read.
        case retention
        /// A partition, or a file, in which there is no event at all.
        case empty
        /// Hours in which one source has no event, and others have.
        case silentSource = "silent_source"
        /// Hours in which no source has an event.
        case silence
        /// Records that were refused.
        case deadLetters = "dead_letters"
    }

    /// What is missing.
    public var kind: Kind
    /// The source, as messages name it; nil for all of them.
    public var source: String?
    /// Which offsets, hours or reason.
    public var detail: String
    /// Records that are missing, as far as they can be counted.
    public var records: Int?
    /// The event time it is about; nil where that is not known.
    public var span: ClosedRange<EventTime>?

    /// A gap.
    public init(
        _ kind: Kind, source: String?, detail: String, records: Int? = nil,
        span: ClosedRange<EventTime>?
    ) {
        self.kind = kind
        self.source = source
        self.detail = detail
        self.records = records
        self.span = span
    }

    /// Where, what and when: one line.
    public var text: String {
        let place = source ?? "all sources"
        let times = span.map { span in
            ", \(Timestamp.rfc3339(ms: span.lowerBound.ms)) to \(Timestamp.rfc3339(ms: span.upperBound.ms))"
        }
        return "\(place): \(detail)\(times ?? "")"
    }
}

/// When events came and which were refused, source by source: what the gaps of a replay follow from.
struct GapLedger {
    /// What was refused of a source for one reason.
    private struct Refused: Equatable {
        var count = 0
        var span: ClosedRange<EventTime>?
    }

    private struct Source {
        /// The hours since 1970 with an event.
        var hours: Set<UInt32> = []
        var refused = [Refused](repeating: Refused(), count: RejectReason.allCases.count)
    }

    private var sources: [Source]
    private static let hourMs: Int64 = 3_600_000

    init(sources: Int) { self.sources = Array(repeating: Source(), count: sources) }

    /// Notes hours in which a source had events.
    mutating func note(_ hours: [UInt32], of source: Int) { sources[source].hours.formUnion(hours) }

    /// Notes that a record was refused when its source had come to `time`.
    mutating func note(_ reason: RejectReason, of source: Int, at time: EventTime?) {
        sources[source].refused[reason.index].count += 1
        guard let time else { return }
        let known = sources[source].refused[reason.index].span ?? time...time
        sources[source].refused[reason.index].span =
            min(known.lowerBound, time)...max(known.upperBound, time)
    }

    // MARK: In checkpoints

    /// Appends what was noted.
    func encode(into buffer: inout ByteBuffer) {
        for source in sources {
            buffer.append(varint: UInt64(source.hours.count))
            for hour in source.hours.sorted() { buffer.append(varint: UInt64(hour)) }
            for refused in source.refused {
                buffer.append(varint: UInt64(refused.count))
                buffer.append(field: refused.span)
            }
        }
    }

    /// Reads what `encode` has written; nil where it is something else.
    init?(_ reader: inout ByteReader, sources count: Int) {
        self.init(sources: count)
        for s in 0..<count {
            guard let hours = reader.number() else { return nil }
            for _ in 0..<hours {
                guard let hour = reader.number() else { return nil }
                sources[s].hours.insert(UInt32(truncatingIfNeeded: hour))
            }
            for i in sources[s].refused.indices {
                guard let count = reader.number(), let span = reader.span() else { return nil }
                sources[s].refused[i] = Refused(count: count, span: span)
            }
        }
    }

    // MARK: What follows

    /// The gaps of `inputs`, those the sources know of first.
    func gaps(_ inputs: [any RecordSource]) -> [Gap] {
        let seen = sources.reduce(into: Set<UInt32>()) { $0.formUnion($1.hours) }
        var gaps = inputs.flatMap(\.gaps)
        if let first = seen.min(), let last = seen.max() {
            gaps += Self.runs(first...last, without: seen).map { hours in
                Gap(.silence, source: nil, detail: Self.text(hours), span: Self.span(hours))
            }
            for (source, input) in zip(sources, inputs) {
                gaps += Self.silent(source.hours, input, seen, first...last)
            }
        }
        for (source, input) in zip(sources, inputs) { gaps += Self.refused(source, input) }
        return gaps
    }

    /// The hours in which others have events and a source has none: of a partition over all that was read, of a file
    /// between its own first and last event.
    private static func silent(
        _ hours: Set<UInt32>, _ input: any RecordSource, _ seen: Set<UInt32>,
        _ all: ClosedRange<UInt32>
    ) -> [Gap] {
        guard let first = hours.min(), let last = hours.max() else {
            return [Gap(.empty, source: input.name, detail: "no events", span: span(all))]
        }
        let own = input.isPartition ? all : first...last
        let silent = hours.union(own.filter { !seen.contains($0) })
        return runs(own, without: silent).map {
            Gap(.silentSource, source: input.name, detail: text($0), span: span($0))
        }
    }

    private static func refused(_ source: Source, _ input: any RecordSource) -> [Gap] {
        RejectReason.allCases.compactMap { reason in
            let refused = source.refused[reason.index]
            guard refused.count > 0 else { return nil }
            return Gap(
                .deadLetters, source: input.name,
                detail: "\(grouped(refused.count)) refused as \(reason.rawValue)",
                records: refused.count, span: refused.span)
        }
    }

    /// The runs of hours of `range` that are not in `hours`.
    private static func runs(
        _ range: ClosedRange<UInt32>, without hours: Set<UInt32>
    ) -> [ClosedRange<UInt32>] {
        var runs: [ClosedRange<UInt32>] = []
        var start: UInt32?
        for hour in range {
            if !hours.contains(hour) {
                start = start ?? hour
            } else if let begun = start {
                runs.append(begun...(hour - 1))
                start = nil
            }
        }
        if let start { runs.append(start...range.upperBound) }
        return runs
    }

    private static func span(_ hours: ClosedRange<UInt32>) -> ClosedRange<EventTime> {
        EventTime(
            ms: Int64(hours.lowerBound) * hourMs)...EventTime(
                ms: Int64(hours.upperBound + 1) * hourMs - 1)
    }

    private static func text(_ hours: ClosedRange<UInt32>) -> String {
        hours.count == 1 ? "an hour without events" : "\(hours.count) hours without events"
    }
}

/// Which findings look at a gap.
struct GapTouch {
    /// The spans of gaps, joined where they meet, in order.
    private var spans: [ClosedRange<EventTime>] = []

    init(_ gaps: [Gap]) {
        for span in gaps.compactMap(\.span).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = spans.last, span.lowerBound <= last.upperBound {
                spans[spans.count - 1] =
                    last.lowerBound...max(last.upperBound, span.upperBound)
            } else {
                spans.append(span)
            }
        }
    }

    /// The episodes with a finding whose rule's longest window reaches into a gap.
    func episodes(of findings: [Finding], windowMs: [String: Int64]) -> Set<FindingID> {
        guard !spans.isEmpty else { return [] }
        var touched: Set<FindingID> = []
        for finding in findings {
            let from = finding.time.advanced(byMs: -(windowMs[finding.rule.id] ?? 0))
            // The first span that ends at or behind the window's start is the only one to ask first.
            var low = 0
            var high = spans.count
            while low < high {
                let middle = (low + high) / 2
                if spans[middle].upperBound < from { low = middle + 1 } else { high = middle }
            }
            if low < spans.count, spans[low].lowerBound <= finding.time {
                touched.insert(finding.uid)
            }
        }
        return touched
    }
}
