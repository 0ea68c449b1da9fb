import YAML

/// One thing that can be set: everything about it stands here and nowhere else.
///
/// The loader, the reference text and the errors are made from the table `Key.all`.
public struct Key: Sendable {
    /// The dotted name: `window.pane` is `pane` under `window` in the file.
    public let name: String
    /// What values look like.
    public let type: String
    /// The value when nothing is set, as one would write it; empty where there is none.
    public let defaultValue: String
    /// What it does.
    public let effect: String
    /// A value someone might set, as YAML.
    public let example: String
    /// Whether the value is one scalar, a list or a mapping.
    public let shape: Shape
    let assign: @Sendable (inout Settings, Node, Diagnostics) -> Void

    /// The structure of a value.
    public enum Shape: Sendable {
        /// One scalar.
        case scalar
        /// A list; comma-separated outside the file, or in brackets as in it.
        case list
        /// A mapping; comma-separated `name=value` outside the file, or in braces as in it.
        case mapping
    }

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
