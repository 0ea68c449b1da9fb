/// Rules on length.
enum SizeRules {
    static let maxFunctionLines = 60
    static let maxFileLines = 500

    static func fileLength(_ file: SourceFile) -> [Violation] {
        let count = file.lines.last?.isEmpty == true ? file.lines.count - 1 : file.lines.count
        guard count > maxFileLines else { return [] }
        return [
            Violation(
                path: file.path, line: count, rule: "a file has at most \(maxFileLines) lines")
        ]
    }

    static func functionLength(_ file: SourceFile) -> [Violation] {
        bodies(file).filter { $0.end - $0.start + 1 > maxFunctionLines }.map {
            Violation(
                path: file.path, line: $0.start,
                rule:
                    "a function has at most \(maxFunctionLines) lines, not \($0.end - $0.start + 1)"
            )
        }
    }

    /// The lines (from 1) of every function, initialiser, subscript and computed property.
    static func bodies(_ file: SourceFile) -> [(start: Int, end: Int)] {
        let opening = /(?:^|[^.\w`])(?:func\s|(?:init|subscript)[?<(]|deinit\b|var\s+\w+[^={]*\{)/
        return file.code.indices.compactMap { index in
            guard let match = file.code[index].firstMatch(of: opening.wordBoundaryKind(.simple))
            else { return nil }
            let column = file.code[index].distance(
                from: file.code[index].startIndex, to: match.range.lowerBound)
            return end(of: file, from: index, column: column).map { (index + 1, $0 + 1) }
        }
    }

    /// The line of the brace that closes the body; nil for a declaration without one.
    private static func end(of file: SourceFile, from start: Int, column: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        for index in start..<file.code.count {
            let line = index == start ? file.code[index].dropFirst(column) : file.code[index]
            if braces == 0, parentheses == 0, index > start, line.matches(declaration) {
                return nil
            }
            for character in line {
                switch character {
                case "(", "[": parentheses += braces == 0 ? 1 : 0
                case ")", "]": parentheses -= braces == 0 ? 1 : 0
                case "{" where parentheses == 0 || braces > 0: braces += 1
                case "}" where braces == 0 && parentheses == 0: return nil
                case "}" where braces > 0:
                    braces -= 1
                    if braces == 0 { return index }
                default: break
                }
            }
        }
        return nil
    }

    nonisolated(unsafe) private static let declaration =
        /^\s*(?:@\w+\s+)*(?:(?:public|private|internal|static|mutating|final|override)\s+)*(?:func|init|var|let|case|struct|enum|class|protocol|extension|import|subscript|associatedtype)\b/
}
