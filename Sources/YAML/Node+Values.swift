/// Values of single nodes. Each returns nil after reporting why; `what` names the value in the message.
extension Node {
    /// Any scalar but null, as text.
    public func text(_ what: String, _ diagnostics: Diagnostics) -> String? {
        guard let scalar, !scalar.isNull else {
            return refused(what, "must be text", diagnostics)
        }
        return scalar.text
    }

    /// A plain integer within `range`.
    public func integer(
        _ what: String, in range: ClosedRange<Int64>, _ diagnostics: Diagnostics
    ) -> Int64? {
        guard let text = plain, let value = Int64(text) else {
            return refused(what, "must be an integer", diagnostics)
        }
        guard range.contains(value) else {
            let limits = "\(range.lowerBound) ... \(range.upperBound)"
            return refused(what, "must be within \(limits)", diagnostics)
        }
        return value
    }

    /// A plain number: decimal, with or without fraction and exponent.
    public func number(_ what: String, _ diagnostics: Diagnostics) -> Double? {
        let allowed = "0123456789+-.eE"
        guard let text = plain, text.allSatisfy(allowed.contains), let value = Double(text),
            value.isFinite
        else { return refused(what, "must be a number", diagnostics) }
        return value
    }

    /// Plain `true` or `false`; YAML 1.1's other spellings (`yes`, `on`) are refused.
    public func flag(_ what: String, _ diagnostics: Diagnostics) -> Bool? {
        switch plain {
        case "true": return true
        case "false": return false
        default: return refused(what, "must be true or false", diagnostics)
        }
    }

    /// A duration in milliseconds within `range`, written `30s`, `10m`, `24h`, `7d` or `250ms`.
    public func durationMs(
        _ what: String, in range: ClosedRange<Int64>, _ diagnostics: Diagnostics
    ) -> Int64? {
        guard let text = plain, let ms = YAML.durationMs(text) else {
            return refused(what, "must be a duration such as 30s, 10m, 24h or 7d", diagnostics)
        }
        guard range.contains(ms) else {
            let shortest = durationText(ms: range.lowerBound)
            let longest = durationText(ms: range.upperBound)
            return refused(what, "must be within \(shortest) ... \(longest)", diagnostics)
        }
        return ms
    }

    /// A size in bytes within `range`, written `512`, `64KiB`, `512MiB` or `2GiB`.
    public func sizeBytes(
        _ what: String, in range: ClosedRange<Int64>, _ diagnostics: Diagnostics
    ) -> Int64? {
        guard let text = plain, let bytes = YAML.sizeBytes(text) else {
            return refused(what, "must be a size such as 64KiB, 512MiB or 2GiB", diagnostics)
        }
        guard range.contains(bytes) else {
            let limits = "\(range.lowerBound) ... \(range.upperBound)"
            return refused(what, "must be within \(limits) bytes", diagnostics)
        }
        return bytes
    }

    /// One of a fixed set of words.
    public func choice<T: RawRepresentable & CaseIterable>(
        _ what: String, of type: T.Type, _ diagnostics: Diagnostics
    ) -> T? where T.RawValue == String {
        choice(what, among: Array(T.allCases), diagnostics)
    }

    /// The one of `values` that this names.
    public func choice<T: RawRepresentable>(
        _ what: String, among values: [T], _ diagnostics: Diagnostics
    ) -> T? where T.RawValue == String {
        let words = values.map(\.rawValue)
        guard let text = scalar?.text, let value = values.first(where: { $0.rawValue == text })
        else {
            let notes = suggestionNotes(for: scalar?.text ?? "", among: words)
            let message = "\(what) must be one of \(words.joined(separator: ", ")), not \(summary)"
            diagnostics.error(message, at: self, notes: notes)
            return nil
        }
        return value
    }

    /// The items of a list of at most `limit`.
    public func list(_ what: String, limit: Int, _ diagnostics: Diagnostics) -> [Node]? {
        guard let items else { return refused(what, "must be a list", diagnostics) }
        guard items.count <= limit else {
            diagnostics.error("\(what) has more than \(limit) items", at: self)
            return nil
        }
        return items
    }

    /// A list of at most `limit` texts; items that are not text are reported and left out.
    public func texts(_ what: String, limit: Int, _ diagnostics: Diagnostics) -> [String]? {
        list(what, limit: limit, diagnostics)?.compactMap { item in
            item.text("an item of \(what)", diagnostics)
        }
    }

    /// The text of a plain scalar: numbers, flags and durations are not written in quotes.
    private var plain: String? { scalar?.style == .plain ? scalar?.text : nil }

    private func refused<T>(_ what: String, _ demand: String, _ diagnostics: Diagnostics) -> T? {
        diagnostics.error("\(what) \(demand), not \(summary)", at: self)
        return nil
    }
}
