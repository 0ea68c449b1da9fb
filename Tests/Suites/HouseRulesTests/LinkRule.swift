import Foundation

/// What a page of documentation names has to be there: other pages, files, symbols.
struct LinkRule {
    /// A page of Markdown.
    struct Page {
        var path: String
        var text: String
    }

    private let files: Set<String>
    private let names: Set<String>
    private let pages: Set<String>
    private let symbols: Set<String>

    /// - Parameters:
    ///   - files: the repository's files, by path.
    ///   - sources: the Swift files whose symbols pages may name.
    init(files: [String], sources: [SourceFile]) {
        self.files = Set(files + files.flatMap(Self.folders))
        names = Set(files.map { ($0 as NSString).lastPathComponent })
        pages = Set(files.filter { $0.contains(".docc/") }.map { Self.stem($0) })
        let declaration =
            /\b(?:struct|class|enum|actor|protocol|typealias|func|var|let|case)\s+`?(\w+)/
        symbols = Set(
            sources.flatMap { file in
                file.code.flatMap { $0.matches(of: declaration).map { String($0.1) } }
            } + sources.map(\.module))
    }

    private static func folders(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        return parts.indices.dropFirst().map { parts[..<$0].joined(separator: "/") }
    }

    private static func stem(_ path: String) -> String {
        ((path as NSString).lastPathComponent as NSString).deletingPathExtension
    }

    /// What `page` names and is not there.
    func check(_ page: Page) -> [Violation] {
        page.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap {
            index, line in
            broken(in: line, of: page.path).map {
                Violation(path: page.path, line: index + 1, rule: "there is no \($0)")
            }
        }
    }

    private func broken(in line: Substring, of path: String) -> [String] {
        let linked = line.matches(of: /<doc:([\w-]+)>/).map { String($0.1) }
        let named = line.matches(of: /``([A-Za-z_]\w*)[^`]*``/).map { String($0.1) }
        let coded = line.matches(of: /`([\w.+\/-]+\.swift)`/).map { String($0.1) }
        let targets = line.matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/).map { String($0.1) }
        var broken = linked.filter { !pages.contains($0) }.map { "page \($0)" }
        broken += named.filter { !symbols.contains($0) }.map { "symbol \($0)" }
        broken += coded.filter { !exists($0, below: path) }.map { "file \($0)" }
        broken += targets.filter { !exists($0, beside: path) }.map { "file \($0)" }
        return broken
    }

    /// A file by its name alone, or by its path from the top, from Sources, or from the module that `page` is of.
    private func exists(_ path: String, below page: String) -> Bool {
        if !path.contains("/") { return names.contains(path) }
        let module = page.split(separator: "/").prefix(2).joined(separator: "/")
        return ["", "Sources/", module + "/"].contains { files.contains($0 + path) }
    }

    private func exists(_ target: String, beside path: String) -> Bool {
        let folder = URL(fileURLWithPath: "/" + path).deletingLastPathComponent()
        let full = URL(fileURLWithPath: target, relativeTo: folder).standardizedFileURL.path
        return files.contains(String(full.dropFirst()))
    }
}

extension Package {
    /// Every file of the repository but what a build or version control made, by path.
    static func allFiles() -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: root.path) else { return [] }
        return walk.compactMap { $0 as? String }.filter { path in
            ![".build", ".git", ".venv"].contains(String(path.prefix { $0 != "/" }))
        }
    }
}
