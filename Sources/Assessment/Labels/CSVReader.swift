/// Rows of comma-separated values (RFC 4180): fields in quotes may hold commas, line breaks and doubled quotes.
struct CSVReader {
    /// One row, and the line it begins in, from 1.
    struct Row: Equatable {
        var line: Int
        var fields: [String]
    }

    private let bytes: [UInt8]
    private var next = 0
    private var line = 1

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next row that is not empty; nil at the end.
    mutating func row() -> Row? {
        while next < bytes.count {
            var row = Row(line: line, fields: [])
            repeat { row.fields.append(field()) } while take(UInt8(ascii: ","))
            endLine()
            if row.fields != [""] { return row }
        }
        return nil
    }

    private mutating func field() -> String {
        while take(UInt8(ascii: " ")) || take(UInt8(ascii: "\t")) {}
        var text: [UInt8] = []
        if take(UInt8(ascii: "\"")) { text = quoted() }
        while next < bytes.count, !isEnd(bytes[next]) {
            text.append(bytes[next])
            next += 1
        }
        while text.last == UInt8(ascii: " ") || text.last == UInt8(ascii: "\t") {
            text.removeLast()
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The text up to the closing quote, or to the end where there is none.
    private mutating func quoted() -> [UInt8] {
        var text: [UInt8] = []
        while next < bytes.count {
            if take(UInt8(ascii: "\"")) {
                guard take(UInt8(ascii: "\"")) else { return text }
                text.append(UInt8(ascii: "\""))
            } else {
                if bytes[next] == UInt8(ascii: "\n") { line += 1 }
                text.append(bytes[next])
                next += 1
            }
        }
        return text
    }

    private func isEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private mutating func endLine() {
        _ = take(UInt8(ascii: "\r"))
        if take(UInt8(ascii: "\n")) { line += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next < bytes.count, bytes[next] == byte else { return false }
        next += 1
        return true
    }
}
