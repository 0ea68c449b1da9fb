/// Reads a mapping key by key, and reports what is missing and what nobody asked for.
///
/// Ask for every key the format knows, then call `finish()`: the keys left over are errors with a
/// suggestion. A key that is absent gives nil silently; a value of the wrong type gives nil and a report.
public struct MappingReader {
    /// Where problems are reported.
    public let diagnostics: Diagnostics
    /// The mapping.
    public let node: Node
    private let what: String
    private var known: [String] = []

    /// A reader of `node`; nil after a report when it is not a mapping. `what` names it: `a rule`.
    public init?(_ node: Node, _ what: String, _ diagnostics: Diagnostics) {
        guard node.pairs != nil else {
            diagnostics.error("\(what) must be a mapping, not \(node.summary)", at: node)
            return nil
        }
        self.node = node
        self.what = what
        self.diagnostics = diagnostics
    }

    /// The value of `key`; an explicit null counts as absent.
    public mutating func optional(_ key: String) -> Node? {
        known.append(key)
        guard let value = node[key], value.scalar?.isNull != true else { return nil }
        return value
    }

    /// The value of `key`, reported when absent.
    public mutating func required(_ key: String) -> Node? {
        if let value = optional(key) { return value }
        if let null = node[key] {
            diagnostics.error("'\(key)' has no value", at: null)
        } else {
            diagnostics.error("\(what) needs '\(key)'", at: start)
        }
        return nil
    }

    /// Reports the keys nobody asked for.
    public func finish() {
        for pair in node.pairs ?? [] where !known.contains(pair.name) {
            let notes = suggestionNotes(for: pair.name, among: known)
            diagnostics.error("unknown key '\(pair.name)' in \(what)", at: pair.key, notes: notes)
        }
    }

    /// The mapping's first key stands for the whole: underlining all of it would help nobody.
    private var start: Node { node.pairs?.first?.key ?? node }
}

extension MappingReader {
    /// The text at `key`.
    public mutating func text(_ key: String) -> String? {
        optional(key)?.text("'\(key)'", diagnostics)
    }

    /// The integer at `key`.
    public mutating func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        optional(key)?.integer("'\(key)'", in: range, diagnostics)
    }

    /// The number at `key`.
    public mutating func number(_ key: String) -> Double? {
        optional(key)?.number("'\(key)'", diagnostics)
    }

    /// The flag at `key`.
    public mutating func flag(_ key: String) -> Bool? {
        optional(key)?.flag("'\(key)'", diagnostics)
    }

    /// The duration at `key`, in milliseconds.
    public mutating func durationMs(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        optional(key)?.durationMs("'\(key)'", in: range, diagnostics)
    }

    /// The size at `key`, in bytes.
    public mutating func sizeBytes(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        optional(key)?.sizeBytes("'\(key)'", in: range, diagnostics)
    }

    /// The word at `key`, one of a fixed set.
    public mutating func choice<T: RawRepresentable & CaseIterable>(
        _ key: String, of type: T.Type
    ) -> T? where T.RawValue == String {
        optional(key)?.choice("'\(key)'", of: type, diagnostics)
    }

    /// The list of texts at `key`.
    public mutating func texts(_ key: String, limit: Int = 100) -> [String]? {
        optional(key)?.texts("'\(key)'", limit: limit, diagnostics)
    }

    /// A reader of the mapping at `key`, called `what` in messages.
    public mutating func mapping(_ key: String, _ what: String) -> MappingReader? {
        optional(key).flatMap { MappingReader($0, what, diagnostics) }
    }
}
