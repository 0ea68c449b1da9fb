import Foundation
import TestSupport

/// A source file as the rules see it: its text, and the same with comments and literals blanked out.
struct SourceFile {
    /// Below the package's root: `Sources/Kafka/Consumer.swift`.
    let path: String
    /// Lines as written.
    let lines: [Substring]
    /// Lines with comments and the text of string literals as spaces; interpolations stay.
    let code: [Substring]
    /// The modules imported, each with its line, from 1.
    let imports: [(module: String, line: Int)]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code = Scrubber.scrub(text).split(separator: "\n", omittingEmptySubsequences: false)
        imports = Self.imports(of: code)
    }

    /// The module: the folder below `Sources`.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    /// The lines of code that match `pattern`, from 1.
    func matches(_ pattern: Regex<Substring>) -> [Int] {
        code.indices.filter { code[$0].matches(pattern) }.map { $0 + 1 }
    }

    /// The lines as written, comments too, that match `pattern`, from 1.
    func textMatches(_ pattern: Regex<Substring>) -> [Int] {
        lines.indices.filter { lines[$0].matches(pattern) }.map { $0 + 1 }
    }

    /// The modules that lines of code import, each with its line, from 1.
    private static func imports(of code: [Substring]) -> [(module: String, line: Int)] {
        let pattern =
            /^\s*(?:@\S+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|func|protocol)\s+)?(\w+)/
        // Looking for a word is a hundred times faster than the pattern, and nearly no line has it.
        return code.indices.filter { code[$0].range(of: "import ") != nil }.compactMap { index in
            code[index].firstMatch(of: pattern).map { (String($0.1), index + 1) }
        }
    }
}

/// Something that breaks a rule.
struct Violation: CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let rule: String

    var description: String { "\(path):\(line): \(rule)" }
}

/// The package on disk.
enum Package {
    static let root = Repository.root

    /// The Swift files below `folder`, by path.
    static func files(in folder: String) throws -> [SourceFile] {
        let start = root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(atPath: start.path) else { return [] }
        let paths = walk.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted()
        return try paths.map { path in
            let text = try String(contentsOf: start.appendingPathComponent(path), encoding: .utf8)
            return SourceFile(path: "\(folder)/\(path)", text: text)
        }
    }
}

extension Substring {
    /// Whether the line has a match; `\b` is a border between `\w` and others, as elsewhere.
    ///
    /// Swift's own default is Unicode's words, in which `Date.now` is a single one.
    func matches(_ pattern: Regex<Substring>) -> Bool {
        contains(pattern.wordBoundaryKind(.simple))
    }
}
