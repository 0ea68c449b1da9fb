import Primitives
import YAML

/// Verdicts as JSON: one object a record or line.
///
///     {"time":"2026-06-01T12:30:00Z","subject":"payment:card_9","verdict":"benign","until":"2026-09-01","by":"ana"}
///
/// `time`, `subject` and `verdict` have to be there; `until`, `by`, `reason` and `campaign` may be. Other members are
/// passed over. Verdicts are few: they are read as YAML, of which JSON is a part, in some 20 µs.
extension VerdictRecord {
    private static let mostBytes = 16_384
    private static let times = Int64(946_684_800_000)..<4_102_444_800_000

    /// The verdict in `record`.
    ///
    /// - Throws: why it is none; the record is data, and is set aside.
    public init(json record: ByteSlice) throws(VerdictFlaw) {
        guard let first = record.first(where: { $0 > 0x20 }) else { throw .empty }
        guard record.count <= Self.mostBytes else { throw .oversized }
        guard first == UInt8(ascii: "{") else { throw .malformedJSON }
        let diagnostics = Diagnostics()
        let documents = parseYAML(
            SourceText(name: "", bytes: Array(record)), diagnostics: diagnostics)
        guard documents.count == 1, !diagnostics.hasErrors, documents[0].pairs != nil else {
            throw .malformedJSON
        }
        let fields = documents[0]
        guard let time = try Self.time(fields["time"], .badTime) else { throw .missingTime }
        guard let entity = Self.text(fields["subject"]) else { throw .missingSubject }
        if entity.hasPrefix("campaign:") { throw .campaignSubject }
        guard let subject = Subject(entity: entity) else { throw .missingSubject }
        guard let word = Self.text(fields["verdict"]).flatMap(VerdictWord.init(rawValue:)) else {
            throw .badVerdict
        }
        guard word.isJudgement || subject.isAccount else { throw .notAnAccount }
        let until = try Self.time(fields["until"], .badUntil)
        self.init(
            time: time, subject: subject, word: word, until: until, by: Self.text(fields["by"]),
            reason: Self.text(fields["reason"]),
            campaign: Self.text(fields["campaign"]).flatMap { FindingID(hex: $0) })
        guard self.until > time else { throw .expired }
    }

    private static func text(_ node: Node?) -> String? {
        guard let scalar = node?.scalar, !scalar.isNull, !scalar.text.isEmpty else { return nil }
        return scalar.text
    }

    private static func time(
        _ node: Node?, _ flaw: VerdictFlaw
    ) throws(VerdictFlaw) -> EventTime? {
        guard let node else { return nil }
        guard let text = text(node) else {
            if node.scalar == nil { throw flaw }
            return nil
        }
        guard let time = TimeText.time(text), times.contains(time.ms) else { throw flaw }
        return time
    }

    /// Writes the verdict as one object, without a newline.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("time", Timestamp.rfc3339(ms: time.ms))
        writer.member("subject", subject.entity)
        writer.member("verdict", word.rawValue)
        writer.member("until", Timestamp.rfc3339(ms: until.ms))
        if let by { writer.member("by", by) }
        if let reason { writer.member("reason", reason) }
        if let campaign { writer.member("campaign", campaign.description) }
        writer.endObject()
    }
}

/// Verdicts of a file: JSON Lines.
public struct VerdictFile: Sendable {
    /// A line that is no verdict.
    public struct Refusal: Equatable, Sendable {
        /// The line, from 1.
        public var line: Int
        /// Why.
        public var flaw: VerdictFlaw
    }

    /// The verdicts, in their order.
    public private(set) var verdicts: [VerdictRecord] = []
    /// The lines that are none.
    public private(set) var refusals: [Refusal] = []

    /// Reads all lines; empty ones are passed over.
    public init(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.contains(where: { $0 > 0x20 }) {
            do throws(VerdictFlaw) {
                verdicts.append(try Self.read(line))
            } catch {
                refusals.append(Refusal(line: index + 1, flaw: error))
            }
        }
    }

    private static func read(_ line: ArraySlice<UInt8>) throws(VerdictFlaw) -> VerdictRecord {
        let result: Result<VerdictRecord, VerdictFlaw> = line.withUnsafeBytes { bytes in
            do throws(VerdictFlaw) {
                return .success(try VerdictRecord(json: bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
