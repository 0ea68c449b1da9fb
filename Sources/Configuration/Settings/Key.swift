import YAML

/// One thing that can be set: everything about it stands here and nowhere else.
///
/// The loader, the reference text and the errors are made from the table `Key.all`.
public struct Key: Sendable {
    /// The dotted name: `window.pane` is `pane` under `window` in the file.
    public let name: String
    /// What values look like.
    public let type: String
    /// Which values there are.
    public let values: Values
    /// The option that sets it, as `--group` or `-X`; nil where `--set` alone does.
    public let option: String?
    /// The value when nothing is set, as one would write it; empty where there is none.
    public let defaultValue: String
    /// What it does.
    public let effect: String
    /// A value someone might set, as YAML.
    public let example: String
    let assign: @Sendable (inout Settings, Node, Diagnostics) -> Void

    /// The kinds of values.
    public enum Values: Equatable, Sendable {
        /// Any text that passes the key's check.
        case text
        /// A whole number.
        case integer(ClosedRange<Int64>)
        /// A duration in milliseconds.
        case duration(ClosedRange<Int64>)
        /// A size in bytes.
        case size(ClosedRange<Int64>)
        /// One of these words.
        case choice([String])
        /// A list; comma-separated outside the file, or in brackets as in it.
        case list
        /// A mapping; comma-separated `name=value` outside the file, or in braces as in it.
        case mapping
    }

    /// Whether a value is one scalar, and no list or mapping.
    var isScalar: Bool { values != .list && values != .mapping }

    /// The environment variable: `STILLWATCH_WINDOW_PANE`.
    public var environmentName: String {
        let words = name.map { $0 == "." ? "_" : $0.uppercased() }.joined()
        return Self.environmentPrefix + words
    }

    /// What the environment variables of all keys begin with.
    public static let environmentPrefix = "STILLWATCH_"

    /// The key called `name`.
    public static func named(_ name: String) -> Key? { all.first { $0.name == name } }
}
