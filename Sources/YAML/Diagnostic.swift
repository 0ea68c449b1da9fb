/// One thing wrong with a source text: where, what, and perhaps what to do.
public struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The text cannot be used.
        case error
        /// The text can be used but probably says something else than meant.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// The file's name.
    public var file: String
    /// Where it is.
    public var position: Position
    /// What is wrong: one sentence without a full stop.
    public var message: String
    /// The line it is on, clipped around the place and cleared of control characters.
    public var sourceLine: String
    /// What the caret line shows: spaces (and the source's tabs), `^`, then `~`.
    public var underline: String
    /// Hints, one a line: a suggestion, where the first of two duplicates is.
    public var notes: [String]

    /// A diagnostic about `range` of `source`.
    public init(
        _ severity: Severity, _ message: String, at range: SourceRange,
        in source: SourceText, notes: [String] = []
    ) {
        let excerpt = Excerpt(of: range, in: source)
        self.severity = severity
        self.file = source.name
        self.position = range.start
        self.message = message
        self.sourceLine = excerpt.text
        self.underline = excerpt.underline
        self.notes = notes
    }

    /// `file:line:column: error: message`, the source line, the caret, and the notes.
    public var description: String {
        let number = String(position.line)
        let blank = String(repeating: " ", count: number.count)
        var lines = [
            "\(file):\(position.line):\(position.column): \(severity.rawValue): \(message)",
            " \(number) | \(sourceLine)",
            " \(blank) | \(underline)",
        ]
        lines += notes.map { " \(blank) = \($0)" }
        return lines.joined(separator: "\n")
    }
}

/// The part of a source line a terminal can show, and what underlines a range of it.
private struct Excerpt {
    /// Scalars shown at most, and how many of them stand before the range when the line is clipped.
    static let width = 160
    static let lead = 60

    var text = ""
    var underline = ""

    init(of range: SourceRange, in source: SourceText) {
        let bytes = source.line(range.start.line)
        let line = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        let first = min(range.start.column - 1, line.count)
        let clip = line.count > Self.width ? max(0, first - Self.lead) : 0
        let shown = line[clip..<min(line.count, clip + Self.width)]
        if clip > 0 { text = "..." }
        for scalar in shown { text.unicodeScalars.append(Self.printable(scalar)) }
        if shown.endIndex < line.count { text += "..." }

        underline = clip > 0 ? "   " : ""
        for scalar in line[clip..<first] { underline += scalar == "\t" ? "\t" : " " }
        let sameLine = range.end.line == range.start.line
        let last = sameLine ? min(range.end.column - 1, shown.endIndex) : shown.endIndex
        underline += "^" + String(repeating: "~", count: max(0, last - first - 1))
    }

    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        return isControl && scalar != "\t" ? "\u{FFFD}" : scalar
    }
}
