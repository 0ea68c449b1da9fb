import Primitives

/// One line before it is formatted.
struct LogLine {
    static let maxValueBytes = 1_024
    static let maxFields = 32
    static let maxMessageBytes = 2_048
    static let maxLineBytes = 8_192

    var timeMs: Int64
    var level: Logger.Level
    var label: String
    var message: String
    var fields: Logger.Metadata

    /// The line with its newline.
    func bytes(as format: LogFormat) -> [UInt8] {
        switch format {
        case .text: text()
        case .json: json()
        }
    }

    /// The fields by name, secrets masked, long values cut, at most `maxFields` and so many bytes.
    private var boundedFields: [(name: String, value: Logger.MetadataValue)] {
        var room = Self.maxLineBytes - Self.maxMessageBytes - 256
        var kept: [(name: String, value: Logger.MetadataValue)] = []
        for name in fields.keys.sorted().prefix(Self.maxFields) {
            guard var value = fields[name] else { continue }
            if Secrets.isSecret(name) { value = .string(Secrets.mask) }
            if case .string(let text) = value {
                value = .string(text.cut(toUTF8Count: min(Self.maxValueBytes, max(0, room))))
            }
            room -= name.utf8.count + value.plain.utf8.count + 4
            guard room > 0 else { break }
            kept.append((name, value))
        }
        return kept
    }

    private func text() -> [UInt8] {
        var line = "\(Timestamp.rfc3339(ms: timeMs)) \(level.rawValue) \(label): "
        line += message.cut(toUTF8Count: Self.maxMessageBytes).onOneLine
        for (name, value) in boundedFields { line += " \(name)=\(value.logfmt)" }
        line += "\n"
        return Array(line.utf8)
    }

    private func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.member("time", Timestamp.rfc3339(ms: timeMs))
        writer.member("level", level.rawValue)
        writer.member("label", label)
        writer.member("message", message.cut(toUTF8Count: Self.maxMessageBytes))
        writer.key("fields")
        writer.beginObject()
        for (name, value) in boundedFields {
            writer.key(name)
            value.write(to: &writer)
        }
        writer.endObject()
        writer.endObject()
        writer.newline()
        return writer.buffer.array()
    }
}

extension Logger.MetadataValue {
    fileprivate var plain: String {
        switch self {
        case .string(let text): text
        case .integer(let number): number.description
        case .number(let number): number.description
        case .flag(let flag): flag.description
        }
    }

    /// The value as logfmt writes it: bare where it can be, else quoted with escapes.
    fileprivate var logfmt: String {
        guard case .string(let text) = self else { return plain }
        let isBare =
            !text.isEmpty
            && text.utf8.allSatisfy {
                $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C && $0 != 0x7F
            }
        if isBare { return text }
        var writer = JSONWriter(capacity: text.utf8.count + 16)
        writer.value(text)
        return writer.buffer.string()
    }

    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .string(let text): writer.value(text)
        case .integer(let number): writer.value(number)
        case .number(let number): writer.value(number)
        case .flag(let flag): writer.value(flag)
        }
    }
}

extension String {
    /// The text, cut at a character border to at most so many bytes, with `...` when cut.
    func cut(toUTF8Count limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var kept = ""
        var room = limit - 3
        for character in self {
            room -= character.utf8.count
            guard room >= 0 else { break }
            kept.append(character)
        }
        return kept + "..."
    }

    /// The text with line breaks and other control characters as spaces: a message cannot forge a line.
    var onOneLine: String {
        guard unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            return self
        }
        var clean = ""
        for scalar in unicodeScalars {
            clean.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return clean
    }
}
