import Detection
import Primitives
import Topology

/// Fields of checkpoints that several sections have.
extension ByteBuffer {
    /// Appends a time, or that there is none.
    mutating func append(field time: EventTime?) {
        append(time == nil ? 0 : 1)
        append(integer: time?.ms ?? 0)
    }

    /// Appends an identity, or that there is none.
    mutating func append(id: FindingID?) {
        append(id == nil ? 0 : 1)
        guard let id else { return }
        append(integer: id.high)
        append(integer: id.low)
    }

    mutating func append(field span: ClosedRange<EventTime>?) {
        append(field: span?.lowerBound)
        append(field: span?.upperBound)
    }
}

extension ByteReader {
    mutating func field() -> ByteSlice? {
        varint().flatMap { $0 <= UInt64(remaining) ? bytes(Int($0)) : nil }
    }

    mutating func number() -> Int? { varint().map { Int(truncatingIfNeeded: $0) } }

    /// A time or none; nil where the bytes end.
    mutating func time() -> EventTime?? {
        guard let isThere = integer(UInt8.self), let ms = integer(Int64.self) else { return nil }
        return .some(isThere == 0 ? nil : EventTime(ms: ms))
    }

    /// An identity or none; nil where the bytes end.
    mutating func id() -> FindingID?? {
        guard let isThere = integer(UInt8.self) else { return nil }
        if isThere == 0 { return .some(nil) }
        guard let high = integer(UInt64.self), let low = integer(UInt64.self) else { return nil }
        return .some(FindingID(high: high, low: low))
    }

    mutating func span() -> ClosedRange<EventTime>?? {
        guard let lower = time(), let upper = time() else { return nil }
        guard let lower, let upper, lower <= upper else { return .some(nil) }
        return .some(lower...upper)
    }
}

/// Findings as bytes: those a replay has found when a checkpoint is written.
enum FindingList {
    static func encode(_ findings: [Finding], into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(findings.count))
        for finding in findings {
            buffer.append(integer: finding.uid.high)
            buffer.append(integer: finding.uid.low)
            buffer.append(sized: finding.rule.id)
            buffer.append(sized: finding.status.rawValue)
            buffer.append(sized: finding.entityKind)
            buffer.append(sized: finding.entityValue)
            for time in [finding.time, finding.firstSeen, finding.lastSeen] {
                buffer.append(integer: time.ms)
            }
            buffer.append(varint: UInt64(finding.sequence))
            buffer.append(varint: UInt64(finding.evidence.count))
            for item in finding.evidence {
                buffer.append(sized: item.name)
                item.value.encode(into: &buffer)
            }
            buffer.append(id: finding.memberOf)
            encode(finding.campaign, into: &buffer)
        }
    }

    private static func encode(_ facts: CampaignFacts?, into buffer: inout ByteBuffer) {
        buffer.append(sized: facts?.campaignClass.rawValue ?? "")
        guard let facts else { return }
        buffer.append(sized: facts.reason ?? "")
        for id in [facts.redirectTo, facts.splitFrom, facts.successorOf] { buffer.append(id: id) }
    }

    /// Facts or none; nil where the bytes are neither.
    private static func facts(_ reader: inout ByteReader) -> CampaignFacts?? {
        guard let name = reader.sizedText() else { return nil }
        if name.isEmpty { return .some(nil) }
        guard let campaignClass = CampaignClass(rawValue: name), let reason = reader.sizedText(),
            let redirect = reader.id(), let split = reader.id(), let successor = reader.id()
        else { return nil }
        return .some(
            CampaignFacts(
                campaignClass: campaignClass, redirectTo: redirect,
                reason: reason.isEmpty ? nil : reason, splitFrom: split, successorOf: successor))
    }

    /// Reads what `encode` has written; nil where it is something else, or of other rules.
    static func decode(_ bytes: ByteSlice, _ rules: [RuleInfo]) -> [Finding]? {
        let byID = Dictionary(rules.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var reader = ByteReader(bytes)
        guard let count = reader.number() else { return nil }
        var findings: [Finding] = []
        for _ in 0..<count {
            guard let finding = finding(&reader, byID) else { return nil }
            findings.append(finding)
        }
        return findings
    }

    private static func finding(
        _ reader: inout ByteReader, _ rules: [String: RuleInfo]
    ) -> Finding? {
        guard let high = reader.integer(UInt64.self), let low = reader.integer(UInt64.self),
            let rule = reader.sizedText().flatMap({ rules[$0] }),
            let status = reader.sizedText().flatMap({ Finding.Status(rawValue: $0) }),
            let kind = reader.sizedText(), let value = reader.field().map({ Array($0) }),
            let time = reader.integer(Int64.self), let first = reader.integer(Int64.self),
            let last = reader.integer(Int64.self), let sequence = reader.number(),
            let count = reader.number()
        else { return nil }
        var evidence: [(name: String, value: EvidenceValue)] = []
        for _ in 0..<count {
            guard let name = reader.sizedText(), let value = EvidenceValue(&reader) else {
                return nil
            }
            evidence.append((name, value))
        }
        guard let memberOf = reader.id(), let campaign = facts(&reader) else { return nil }
        var finding = Finding(
            uid: FindingID(high: high, low: low), rule: rule, status: status, entityKind: kind,
            entityValue: value, time: EventTime(ms: time), firstSeen: EventTime(ms: first),
            lastSeen: EventTime(ms: last), evidence: evidence, sequence: sequence,
            campaign: campaign)
        finding.memberOf = memberOf
        return finding
    }
}
