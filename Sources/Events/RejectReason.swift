/// Why a record is no event: a bounded set, used as a metric label and in dead letters.
public enum RejectReason: String, CaseIterable, Sendable {
    /// Not one JSON text (RFC 8259): syntax, truncation, or bytes behind the object.
    case malformedJSON = "malformed_json"
    /// Bytes that are not UTF-8, or half a surrogate pair in a text that is read.
    case invalidUTF8 = "invalid_utf8"
    /// More nested objects and arrays than the limit.
    case tooDeep = "too_deep"
    /// More bytes than the limit.
    case oversized
    /// A JSON text, but not an object.
    case notAnObject = "not_an_object"
    /// A tombstone, or no bytes.
    case empty
    /// No `time`.
    case missingTime = "missing_time"
    /// A `time` or `account_created` that cannot be read or lies outside 2000 ..< 2100.
    case badTime = "bad_time"
    /// No `account`.
    case missingAccount = "missing_account"
    /// An `account` of 0 or of more than 256 bytes.
    case accountLength = "account_length"
    /// A value of another type than its field has; a fraction where an integer belongs.
    case wrongType = "wrong_type"
    /// A number below zero where none can be.
    case negativeNumber = "negative_number"
    /// A number beyond plus or minus 4,294,967,295.
    case numberRange = "number_range"
    /// More than 16 fingerprints.
    case tooManyFingerprints = "too_many_fingerprints"
    /// A fingerprint of more than 512 bytes.
    case fingerprintLength = "fingerprint_length"
    /// More than 16 signals.
    case tooManySignals = "too_many_signals"
    /// The same field twice: which one is meant is anyone's guess, and guesses differ between readers.
    case duplicateField = "duplicate_field"
    /// A frame or shape this decoder does not know.
    case unknownSchema = "unknown_schema"
    /// A schema-registry frame cut short.
    case truncatedFrame = "truncated_frame"
    /// Not a Protobuf message.
    case badProtobuf = "bad_protobuf"
    /// Later than the largest lateness allowed (decided by the topology).
    case tooLate = "too_late"
    /// Too far ahead of the broker's timestamp (decided by the topology).
    case future
}
