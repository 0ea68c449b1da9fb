/// What is wrong with a value of a field: a bounded set, counted by field.
///
/// The first five leave the value out, as if the event did not have it; the others keep it. Raw values are the
/// bits of ``Event/flaws(of:)``.
public enum FieldFlaw: UInt8, CaseIterable, Sendable {
    /// An array or object where a value belongs, a boolean where a number or text does, a text that is no
    /// number where one belongs, or a Protobuf field of another wire type.
    case wrongType = 0
    /// A number below zero where none can be.
    case negative
    /// A number beyond plus or minus 4,294,967,295. A signal is kept: its number as the limit, its text as it is.
    case range
    /// A time that cannot be read or lies outside 2000 ..< 2100.
    case badTime
    /// A text that stands for no value, such as `-`: see ``FieldMap/placeholders``.
    case placeholder
    /// A text over its limit: kept as its beginning and a digest of all of it.
    case shortened
    /// Bytes that are no UTF-8, or half a surrogate pair: kept with U+FFFD in their place.
    case invalidUTF8
    /// A name that came more than once in an object: the last counts.
    case repeated

    /// The name in metrics and messages.
    public var name: String {
        switch self {
        case .wrongType: "wrong_type"
        case .negative: "negative"
        case .range: "range"
        case .badTime: "bad_time"
        case .placeholder: "placeholder"
        case .shortened: "shortened"
        case .invalidUTF8: "invalid_utf8"
        case .repeated: "repeated"
        }
    }

    /// Whether the value counts in spite of it.
    public var keepsValue: Bool {
        switch self {
        case .wrongType, .negative, .range, .badTime, .placeholder: false
        case .shortened, .invalidUTF8, .repeated: true
        }
    }
}

/// A set of flaws of one field.
public struct FieldFlaws: OptionSet, Sendable {
    /// A bit per flaw.
    public let rawValue: UInt16

    /// The set with these bits.
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set of one flaw.
    @inlinable public init(_ flaw: FieldFlaw) { rawValue = 1 &<< UInt16(flaw.rawValue) }

    /// Whether `flaw` is in the set.
    @inlinable public func contains(_ flaw: FieldFlaw) -> Bool {
        rawValue & (1 &<< UInt16(flaw.rawValue)) != 0
    }
}
