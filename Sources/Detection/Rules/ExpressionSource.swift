import YAML

/// An expression's text, with where each of its bytes stands.
struct ExpressionSource {
    var text: String
    var places: ScalarPlaces
    var source: SourceText

    /// The text of a scalar.
    init(node: Node, text: String) {
        self.text = text
        places = ScalarPlaces(node)
        source = node.source
    }

    /// A text that stands nowhere: it was checked before.
    init(unplaced text: String) {
        self.text = text
        source = SourceText(name: "", text: text)
        places = ScalarPlaces(source: source, start: 0, count: text.utf8.count)
    }

    /// A text that spans several nodes, as the source has it.
    private init(from first: Node, to last: Node) {
        source = first.source
        let start = source.byteOffset(of: first.range.start)
        let end = max(start, source.byteOffset(of: last.range.end))
        text = String(decoding: source.bytes[start..<end], as: UTF8.self)
        places = ScalarPlaces(source: source, start: start, count: end - start)
    }

    /// Bytes up to the last that is not white space.
    var trimmedCount: Int {
        text.utf8.count - text.utf8.reversed().prefix { $0 == 0x20 || $0 == 0x0A }.count
    }

    /// A part of the text; line breaks and runs of spaces become one space.
    func slice(_ range: TextRange) -> String {
        let bytes = Array(text.utf8)[range.lower..<range.upper]
        let words = bytes.split { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }

    /// The sources of a list's items.
    ///
    /// YAML cuts `[accounts(24h), top(account, 10)]` at every comma, so plain items are joined again until
    /// their brackets balance.
    static func joining(_ items: [Node], _ diagnostics: Diagnostics) -> [ExpressionSource] {
        var sources: [ExpressionSource] = []
        var first: Node?
        var depth = 0
        for (i, item) in items.enumerated() {
            guard let text = item.text("an item of 'evidence'", diagnostics) else { continue }
            depth += balance(text)
            let start = first ?? item
            if depth > 0, item.scalar?.style == .plain, i + 1 < items.count {
                first = start
                continue
            }
            let isWhole = first == nil
            sources.append(
                isWhole
                    ? ExpressionSource(node: item, text: text)
                    : ExpressionSource(from: start, to: item))
            first = nil
            depth = 0
        }
        return sources
    }

    private static func balance(_ text: String) -> Int {
        text.utf8.count { $0 == UInt8(ascii: "(") } - text.utf8.count { $0 == UInt8(ascii: ")") }
    }
}
