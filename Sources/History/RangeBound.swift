import Primitives

/// Where reading a topic begins or ends.
public enum RangeBound: Equatable, Sendable {
    /// An offset, the same in every partition.
    case offset(Int64)
    /// The first record whose timestamp is at or behind a time, in each partition.
    case time(ms: Int64)

    /// What texts of bounds look like, for messages.
    public static let forms = "an offset, or a UTC time such as \(timeForms)"
    /// What texts of times look like.
    public static let timeForms = "2026-06-01 or 2026-06-01T12:30:00Z"

    /// `12345`, or a UTC time; nil for anything else.
    public init?(_ text: String) {
        if let offset = Int64(text), offset >= 0 {
            self = .offset(offset)
        } else if let time = TimeText.time(text) {
            self = .time(ms: time.ms)
        } else {
            return nil
        }
    }

    /// The time, where it is one.
    public var time: EventTime? {
        if case .time(let ms) = self { EventTime(ms: ms) } else { nil }
    }

    /// The bound as text that ``init(_:)`` reads.
    public var text: String {
        switch self {
        case .offset(let offset): String(offset)
        case .time(let ms): Timestamp.rfc3339(ms: ms)
        }
    }
}
