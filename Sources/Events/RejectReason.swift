/// Why a record is no event: a bounded set, used as a metric label and in dead letters.
///
/// Only `time`, `account` and the record as a whole can refuse a record. What is wrong with any other field is
/// a ``FieldFlaw``.
public enum RejectReason: String, CaseIterable, Sendable {
    /// Not one JSON text (RFC 8259): syntax, truncation, or bytes behind the object.
    case malformedJSON = "malformed_json"
    /// More bytes than the limit.
    case oversized
    /// A JSON text, but not an object.
    case notAnObject = "not_an_object"
    /// A tombstone, or no bytes.
    case empty
    /// No `time`: none, null, an empty text or a placeholder.
    case missingTime = "missing_time"
    /// A `time` that cannot be read or lies outside 2000 ..< 2100.
    case badTime = "bad_time"
    /// No `account`: none, null, an empty text, a placeholder, a boolean, an array or an object.
    case missingAccount = "missing_account"
    /// A frame or shape this decoder does not know.
    case unknownSchema = "unknown_schema"
    /// No array where the configuration says a record's events are, and no event itself.
    case noRecords = "no_records"
    /// No text where the configuration says a record's event is.
    case noEmbedded = "no_embedded"
    /// A schema-registry frame cut short.
    case truncatedFrame = "truncated_frame"
    /// Not a Protobuf message.
    case badProtobuf = "bad_protobuf"
    /// Later than the largest lateness allowed (decided by the topology).
    case tooLate = "too_late"
    /// Too far ahead of the broker's timestamp (decided by the topology).
    case future
}
