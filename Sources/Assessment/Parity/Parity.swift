import Detection
import Primitives

/// How the findings of a replay differ from those that a live run wrote over the same events.
///
/// Records are matched by their episode's uid and their time, and compared byte by byte, but for the version of the
/// program. What is left is matched by rule, entity and step: the same in another moment is shifted. Updates of an
/// episode that began before the range are left out where they do not match: a replay that begins with a warm-up cannot
/// know when such an episode began, nor so when its updates are due. Its close is compared.
public struct Parity: Sendable {
    /// How a record differs.
    public enum Kind: String, CaseIterable, Sendable {
        /// Only the live run has it.
        case added
        /// Only the replay has it.
        case missing
        /// Both have it, and its content differs.
        case different
        /// Both have it, at different times.
        case shifted
    }

    /// A record that differs.
    public struct Difference: Sendable, Equatable {
        /// How.
        public var kind: Kind
        /// The rule's id.
        public var rule: String
        /// What it is on.
        public var entity: String
        /// The step of the episode.
        public var status: Finding.Status
        /// The uid in the replay; nil where it has none.
        public var uid: String?
        /// The time in the replay; nil where it has none.
        public var time: EventTime?
        /// The uid that was written; nil where nothing was.
        public var emittedUID: String?
        /// The time that was written; nil where nothing was.
        public var emittedTime: EventTime?

        /// What it is sorted by.
        fileprivate var order: (EventTime, String, String, String) {
            (time ?? emittedTime ?? EventTime(ms: 0), rule, entity, kind.rawValue)
        }
    }

    /// All that differs, by time.
    public private(set) var differences: [Difference] = []
    /// Records of the replay that were compared.
    public private(set) var compared = 0
    /// Records that were written more than once, which is no difference.
    public private(set) var repeated = 0
    /// Updates of episodes from before the range that were left out.
    public private(set) var leftOut = 0

    private struct Key: Hashable {
        var uid: String
        var time: EventTime
    }

    /// What a record is where it may have moved.
    private struct Step: Hashable {
        var rule: String
        var entity: String
        var status: Finding.Status

        init(_ finding: Finding) {
            (rule, entity, status) = (finding.rule.id, finding.entity, finding.status)
        }

        init(_ finding: EmittedFinding) {
            (rule, entity, status) = (finding.rule, finding.entity, finding.status)
        }
    }

    /// Compares.
    ///
    /// - Parameters:
    ///   - findings: of the replay, those of the range.
    ///   - emitted: what was written, of any time.
    ///   - range: where findings are compared.
    ///   - end: the last moment the replay has closed.
    ///   - productVersion: of the program.
    public init(
        _ findings: [Finding], _ emitted: [EmittedFinding], in range: JudgedRange, end: EventTime,
        productVersion: String
    ) {
        let end = range.to ?? end
        // Shadow findings have a topic of their own, or none: they count where some were written.
        let hasShadow = emitted.contains(where: \.isShadow)
        let expected = findings.filter { hasShadow || !$0.rule.shadow }
        var waiting: [Key: EmittedFinding] = [:]
        for record in emitted where range.contains(record.time) && record.time <= end {
            let key = Key(uid: record.uid, time: record.time)
            if waiting[key]?.text == record.text { repeated += 1 }
            waiting[key] = record
        }
        compared = expected.count
        var missing: [Finding] = []
        for finding in expected {
            let key = Key(uid: finding.uid.description, time: finding.time)
            guard let record = waiting.removeValue(forKey: key) else {
                missing.append(finding)
                continue
            }
            if record.text != Self.text(finding, like: record, productVersion) {
                differences.append(Self.difference(.different, finding, record))
            }
        }
        let added = waiting.values.sorted { ($0.time, $0.uid) < ($1.time, $1.uid) }
        settle(missing, added, from: range.from)
        differences.sort { $0.order < $1.order }
    }

    /// Matches what is left by rule, entity and step, in the order of time.
    private mutating func settle(
        _ missing: [Finding], _ added: [EmittedFinding], from: EventTime?
    ) {
        let isOld = { (first: EventTime, status: Finding.Status) in
            status == .update && (from.map { first <= $0 } ?? false)
        }
        var rest: [Step: [EmittedFinding]] = [:]
        for record in added {
            if isOld(record.firstSeen, record.status) {
                leftOut += 1
            } else {
                rest[Step(record), default: []].append(record)
            }
        }
        for finding in missing {
            if isOld(finding.firstSeen, finding.status) {
                leftOut += 1
                continue
            }
            let step = Step(finding)
            guard let record = rest[step]?.first else {
                differences.append(Self.difference(.missing, finding, nil))
                continue
            }
            rest[step]?.removeFirst()
            // An episode from before the range has another uid, and closes in the same moment.
            if record.time != finding.time || from.map({ finding.firstSeen > $0 }) ?? true {
                differences.append(Self.difference(.shifted, finding, record))
            }
        }
        for record in rest.values.joined() {
            differences.append(Self.difference(.added, nil, record))
        }
    }

    private static func text(
        _ finding: Finding, like record: EmittedFinding, _ productVersion: String
    ) -> String {
        let encoder = FindingEncoder(
            format: record.format, productVersion: record.productVersion ?? productVersion,
            ocsfVersion: record.ocsfVersion)
        var writer = JSONWriter(capacity: 4096)
        encoder.encode(finding, into: &writer)
        return writer.buffer.string()
    }

    private static func difference(
        _ kind: Kind, _ finding: Finding?, _ record: EmittedFinding?
    ) -> Difference {
        Difference(
            kind: kind, rule: finding?.rule.id ?? record?.rule ?? "",
            entity: finding?.entity ?? record?.entity ?? "",
            status: finding?.status ?? record?.status ?? .create,
            uid: finding?.uid.description, time: finding?.time, emittedUID: record?.uid,
            emittedTime: record?.time)
    }
}

extension Parity {
    /// Records that differ in some way.
    public func count(_ kind: Kind) -> Int { differences.count { $0.kind == kind } }

    /// A sample in the text format of Prometheus, for a scheduled job to keep: the records that differ.
    public var metric: String { "stillwatch_parity_differences \(differences.count)\n" }

    /// The differences as JSON lines, by time.
    public var lines: String {
        var writer = JSONWriter(capacity: 1 << 12)
        for difference in differences {
            writer.beginObject()
            writer.member("difference", difference.kind.rawValue)
            writer.member("rule", difference.rule)
            writer.member("entity", difference.entity)
            writer.member("status", difference.status.rawValue)
            if let uid = difference.uid { writer.member("uid", uid) }
            if let time = difference.time { writer.member("time", time) }
            if let uid = difference.emittedUID { writer.member("emitted_uid", uid) }
            if let time = difference.emittedTime { writer.member("emitted_time", time) }
            writer.endObject()
            writer.newline()
        }
        return writer.buffer.string()
    }

    /// What came of it, for people.
    public var text: String {
        let counts = Kind.allCases.map { "\($0.rawValue) \(count($0))" }.joined(separator: ", ")
        var text = "parity: \(compared) records compared: \(counts)\n"
        if repeated > 0 { text += "  \(repeated) were written more than once\n" }
        if leftOut > 0 {
            text += "  \(leftOut) updates of findings from before the range are left out\n"
        }
        for difference in differences.prefix(20) {
            let times = [difference.time, difference.emittedTime].compactMap(\.self)
                .map { Timestamp.rfc3339(ms: $0.ms) }.joined(separator: " -> ")
            text += "  \(difference.kind.rawValue) \(times) \(difference.status.rawValue) "
            text += "\(difference.rule) on \(difference.entity)\n"
        }
        let rest = differences.count - 20
        return rest > 0 ? text + "  and \(rest) more\n" : text
    }
}
