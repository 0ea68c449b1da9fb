/// A node of a YAML document: a scalar, a sequence or a mapping, with its place in the source.
public struct Node: Sendable {
    /// What the node is.
    public enum Content: Sendable {
        /// Text.
        case scalar(Scalar)
        /// Nodes in order.
        case sequence([Node])
        /// Pairs in order; no two keys are equal.
        case mapping([Pair])
    }

    /// Text as the document spells it.
    public struct Scalar: Sendable {
        /// How the text is written.
        public enum Style: Sendable {
            /// Without quotes.
            case plain
            /// In single quotes.
            case singleQuoted
            /// In double quotes, with escapes.
            case doubleQuoted
            /// A block after `|`.
            case literal
            /// A block after `>`.
            case folded
        }

        /// The text with quotes, escapes and folding undone.
        public var text: String
        /// How it is written.
        public var style: Style
        /// An explicit tag of the core schema (`str`, `int`, ...); nil where there is none.
        public var tag: String?

        /// Whether it says null: an empty plain scalar, `~` or `null`.
        public var isNull: Bool {
            if let tag { return tag == "null" }
            return style == .plain && ["", "~", "null", "Null", "NULL"].contains(text)
        }
    }

    /// A key with its value.
    public struct Pair: Sendable {
        /// The key: always a scalar.
        public var key: Node
        /// The value.
        public var value: Node
        /// The key's text.
        public var name: String { key.scalar?.text ?? "" }
    }

    /// What the node is.
    public var content: Content
    /// Where it stands.
    public var range: SourceRange
    /// The text it stands in.
    public var source: SourceText

    /// The scalar; nil for a sequence or mapping.
    public var scalar: Scalar? {
        if case .scalar(let scalar) = content { return scalar }
        return nil
    }

    /// The items; nil for a scalar or mapping.
    public var items: [Node]? {
        if case .sequence(let items) = content { return items }
        return nil
    }

    /// The pairs; nil for a scalar or sequence.
    public var pairs: [Pair]? {
        if case .mapping(let pairs) = content { return pairs }
        return nil
    }

    /// The value of the key `name`; nil where there is none.
    public subscript(name: String) -> Node? { pairs?.first { $0.name == name }?.value }

    /// What the node is, in an error message: `a list`, `a mapping`, `nothing`, `'text'`.
    public var summary: String {
        switch content {
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar):
            if scalar.isNull { return "nothing" }
            let text = scalar.text.count > 40 ? scalar.text.prefix(40) + "..." : scalar.text[...]
            return "'\(text)'"
        }
    }
}
