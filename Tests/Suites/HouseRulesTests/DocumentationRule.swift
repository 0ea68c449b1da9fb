/// Every public declaration and every requirement of a public protocol has a doc comment.
///
/// Cases of an enum may go without where their names say all, as the linter has it.
enum DocumentationRule {
    static func check(_ file: SourceFile) -> [Violation] {
        let isPublic = file.code.indices.filter { file.code[$0].matches(publicDeclaration) }
        let members = isPublic.flatMap { requirements(file, $0) }
        return (isPublic + members).sorted().filter { !isDocumented(file, $0) }.map {
            Violation(path: file.path, line: $0 + 1, rule: "a public declaration has a doc comment")
        }
    }

    nonisolated(unsafe) private static let publicDeclaration =
        /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public|open)\s+(?!import\b|extension\b)[a-z@]/

    private static func isDocumented(_ file: SourceFile, _ index: Int) -> Bool {
        var above = index - 1
        while above >= 0, file.lines[above].contains(/^\s*@\w/) { above -= 1 }
        return above >= 0 && file.lines[above].contains(/^\s*\/\/\//)
    }

    /// The lines of requirements, which are as public as their protocol without saying so.
    private static func requirements(_ file: SourceFile, _ start: Int) -> [Int] {
        guard file.code[start].matches(/\bprotocol\s/) else { return [] }
        var depth = 0
        var members: [Int] = []
        for index in start..<file.code.count {
            if depth == 1, index > start, file.code[index].matches(requirement) {
                members.append(index)
            }
            depth += file.code[index].count { $0 == "{" } - file.code[index].count { $0 == "}" }
            if depth == 0, index > start || file.code[index].contains("}") { break }
        }
        return members
    }

    nonisolated(unsafe) private static let requirement =
        /^\s*(?:(?:static|mutating)\s+)*(?:func|var|init|subscript|associatedtype)\b/
}
