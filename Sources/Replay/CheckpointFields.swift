import Detection
import Primitives

/// Fields of checkpoints that several sections have.
extension ByteBuffer {
    /// Appends bytes behind their number.
    mutating func append(field bytes: ByteSlice) {
        append(varint: UInt64(bytes.count))
        append(bytes)
    }

    mutating func append(field text: String) {
        var text = text
        text.withUTF8 { append(field: ByteSlice($0)) }
    }

    mutating func append(field bytes: [UInt8]) { bytes.withUnsafeBytes { append(field: $0) } }

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

    mutating func text() -> String? { field().map { String(decoding: $0, as: UTF8.self) } }

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
            buffer.append(field: finding.rule.id)
            buffer.append(field: finding.status.rawValue)
            buffer.append(field: finding.entityKind)
            buffer.append(field: finding.entityValue)
            for time in [finding.time, finding.firstSeen, finding.lastSeen] {
                buffer.append(integer: time.ms)
            }
            buffer.append(varint: UInt64(finding.sequence))
            buffer.append(varint: UInt64(finding.evidence.count))
            for item in finding.evidence {
                buffer.append(field: item.name)
                encode(item.value, into: &buffer)
            }
            buffer.append(id: finding.memberOf)
            encode(finding.campaign, into: &buffer)
        }
    }

    private static func encode(_ facts: CampaignFacts?, into buffer: inout ByteBuffer) {
        buffer.append(field: facts?.campaignClass.rawValue ?? "")
        guard let facts else { return }
        buffer.append(field: facts.reason ?? "")
        for id in [facts.redirectTo, facts.splitFrom, facts.successorOf] { buffer.append(id: id) }
    }

    /// Facts or none; nil where the bytes are neither.
    private static func facts(_ reader: inout ByteReader) -> CampaignFacts?? {
        guard let name = reader.text() else { return nil }
        if name.isEmpty { return .some(nil) }
        guard let campaignClass = CampaignClass(rawValue: name), let reason = reader.text(),
            let redirect = reader.id(), let split = reader.id(), let successor = reader.id()
        else { return nil }
        return .some(
            CampaignFacts(
                campaignClass: campaignClass, redirectTo: redirect,
                reason: reason.isEmpty ? nil : reason, splitFrom: split, successorOf: successor))
    }

    private static func encode(_ value: EvidenceValue, into buffer: inout ByteBuffer) {
        switch value {
        case .undefined: buffer.append(0)
        case .number(let number):
            buffer.append(1)
            buffer.append(integer: number.bitPattern)
        case .top(let items):
            buffer.append(2)
            buffer.append(varint: UInt64(items.count))
            for item in items {
                buffer.append(field: item.value)
                buffer.append(integer: item.count)
            }
        case .names(let names):
            buffer.append(3)
            buffer.append(varint: UInt64(names.count))
            for name in names { buffer.append(field: name) }
        }
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
            let rule = reader.text().flatMap({ rules[$0] }),
            let status = reader.text().flatMap({ Finding.Status(rawValue: $0) }),
            let kind = reader.text(), let value = reader.field().map({ Array($0) }),
            let time = reader.integer(Int64.self), let first = reader.integer(Int64.self),
            let last = reader.integer(Int64.self), let sequence = reader.number(),
            let count = reader.number()
        else { return nil }
        var evidence: [(name: String, value: EvidenceValue)] = []
        for _ in 0..<count {
            guard let name = reader.text(), let value = Self.value(&reader) else { return nil }
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

    private static func value(_ reader: inout ByteReader) -> EvidenceValue? {
        switch reader.integer(UInt8.self) {
        case 0: return .undefined
        case 1: return reader.integer(UInt64.self).map { .number(Double(bitPattern: $0)) }
        case 2:
            guard let count = reader.number() else { return nil }
            var items: [(value: [UInt8], count: Int64)] = []
            for _ in 0..<count {
                guard let value = reader.field().map({ Array($0) }),
                    let count = reader.integer(Int64.self)
                else { return nil }
                items.append((value, count))
            }
            return .top(items)
        case 3:
            guard let count = reader.number() else { return nil }
            var names: [String] = []
            for _ in 0..<count {
                guard let name = reader.text() else { return nil }
                names.append(name)
            }
            return .names(names)
        default: return nil
        }
    }
}
