extension Logger {
    /// How much a line matters, least first.
    public enum Level: String, CaseIterable, Comparable, Sendable {
        /// Every step.
        case trace
        /// What helps find a fault.
        case debug
        /// The ordinary course.
        case info
        /// Ordinary but rare.
        case notice
        /// May need a look.
        case warning
        /// Something failed.
        case error
        /// The program cannot go on.
        case critical

        private var rank: Int {
            switch self {
            case .trace: 0
            case .debug: 1
            case .info: 2
            case .notice: 3
            case .warning: 4
            case .error: 5
            case .critical: 6
            }
        }

        /// Ordered by how much a line matters.
        public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
    }

    /// The constant text of a line.
    public struct Message: ExpressibleByStringInterpolation, Sendable {
        /// The text.
        public let text: String

        /// Wraps a literal.
        public init(stringLiteral value: String) { text = value }
    }

    /// What varies between lines with the same message.
    public typealias Metadata = [String: MetadataValue]

    /// One value of a line's metadata.
    public enum MetadataValue: Equatable, Sendable {
        /// Text; quoted where the format needs it, cut when long.
        case string(String)
        /// A whole number.
        case integer(Int64)
        /// A number.
        case number(Double)
        /// A yes or no.
        case flag(Bool)

        /// A whole number of any width.
        public static func count(_ value: some BinaryInteger) -> MetadataValue {
            .integer(Int64(clamping: value))
        }
    }
}

extension Logger.MetadataValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A yes or no.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
}

/// How log lines look.
public enum LogFormat: String, CaseIterable, Sendable {
    /// `2026-01-02T03:04:05.678Z info stillwatch.kafka: partition assigned partition=3`
    case text
    /// One JSON object a line: `time`, `level`, `label`, `message`, then the metadata under `fields`.
    case json
}
