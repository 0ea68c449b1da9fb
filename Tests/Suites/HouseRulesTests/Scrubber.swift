/// Blanks out what is not code: comments and the text of string literals.
///
/// Line breaks stay where they are. Code inside `\( )` of a string stays code. Regex literals are not known.
enum Scrubber {
    private enum Context {
        /// Code; the open parentheses since the interpolation began, nil outside one.
        case code(depth: Int?)
        case string(hashes: Int, isMultiline: Bool)
    }

    static func scrub(_ text: String) -> String {
        var reader = Reader(Array(text.utf8))
        reader.run()
        return String(decoding: reader.output, as: UTF8.self)
    }

    private struct Reader {
        let input: [UInt8]
        var output: [UInt8] = []
        private var at = 0
        private var stack: [Context] = [.code(depth: nil)]

        init(_ input: [UInt8]) { self.input = input }

        mutating func run() {
            while at < input.count {
                switch stack.last {
                case .string(let hashes, let isMultiline): string(hashes, isMultiline)
                case .code, nil: code()
                }
            }
        }

        private func starts(_ text: String, _ offset: Int = 0) -> Bool {
            input[min(at + offset, input.count)...].starts(with: text.utf8)
        }

        private mutating func keep(_ count: Int = 1) {
            for _ in 0..<count where at < input.count {
                output.append(input[at])
                at += 1
            }
        }

        private mutating func blank(_ count: Int = 1) {
            for _ in 0..<count where at < input.count {
                output.append(input[at] == 0x0A ? 0x0A : 0x20)
                at += 1
            }
        }

        private mutating func code() {
            if starts("//") {
                while at < input.count, input[at] != 0x0A { blank() }
            } else if starts("/*") {
                comment()
            } else if let opening = openingQuote() {
                keep(opening.length)
                stack.append(.string(hashes: opening.hashes, isMultiline: opening.isMultiline))
            } else {
                parenthesis()
            }
        }

        private mutating func comment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    blank(2)
                } else if starts("*/") {
                    depth -= 1
                    blank(2)
                } else {
                    blank()
                }
            } while depth > 0 && at < input.count
        }

        private func openingQuote() -> (hashes: Int, isMultiline: Bool, length: Int)? {
            var hashes = 0
            while at + hashes < input.count, input[at + hashes] == UInt8(ascii: "#") { hashes += 1 }
            if starts("\"\"\"", hashes) { return (hashes, true, hashes + 3) }
            return starts("\"", hashes) ? (hashes, false, hashes + 1) : nil
        }

        private mutating func parenthesis() {
            guard case .code(let depth?) = stack.last else { return keep() }
            if input[at] == UInt8(ascii: "(") { stack[stack.count - 1] = .code(depth: depth + 1) }
            if input[at] == UInt8(ascii: ")") {
                if depth == 1 {
                    stack.removeLast()
                } else {
                    stack[stack.count - 1] = .code(depth: depth - 1)
                }
            }
            keep()
        }

        private mutating func string(_ hashes: Int, _ isMultiline: Bool) {
            let marks = String(repeating: "#", count: hashes)
            let closing = (isMultiline ? "\"\"\"" : "\"") + marks
            if starts("\\" + marks + "(") {
                blank(1 + hashes)
                keep()
                stack.append(.code(depth: 1))
            } else if starts("\\" + marks) {
                blank(2 + hashes)
            } else if starts(closing) {
                keep(closing.utf8.count)
                stack.removeLast()
            } else if !isMultiline, input[at] == 0x0A {
                stack.removeLast()
            } else {
                blank()
            }
        }
    }
}
