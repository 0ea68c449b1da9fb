import Foundation
import Testing

@Suite("House rules")
struct HouseRulesTests {
    private static let sources = (try? Package.files(in: "Sources")) ?? []

    private func check(_ rule: (SourceFile) -> [Violation]) {
        #expect(Self.sources.count > 20, "the source tree is not where it should be")
        let violations = Self.sources.flatMap(rule)
        #expect(violations.isEmpty, "\(violations.map { "\n\($0)" }.joined())")
    }

    @Test("no function is longer than 60 lines")
    func functionLength() { check(SizeRules.functionLength) }

    @Test("no file is longer than 500 lines")
    func fileLength() { check(SizeRules.fileLength) }

    @Test("hot files have no String, Dictionary, existential, class, clock or Foundation")
    func hotFiles() { check(WordRules.hotPath) }

    @Test("nothing traps on purpose: no try!, fatalError or force unwrap")
    func traps() { check(WordRules.traps) }

    @Test("nothing is left for later")
    func leftovers() { check(WordRules.leftovers) }

    @Test("no source, test or benchmark knows a machine's folders")
    func machinePaths() throws {
        let others = try Package.files(in: "Tests") + Package.files(in: "benchmarks")
        let violations = (Self.sources + others).flatMap(WordRules.machinePaths)
        #expect(violations.isEmpty, "\(violations.map { "\n\($0)" }.joined())")
    }

    @Test("imports point downward only")
    func imports() { check(ImportRules.downward) }

    @Test("nothing at or below Topology imports Foundation, the C library, Dispatch or locks")
    func purity() { check(ImportRules.purity) }

    @Test("every C module is imported by one module")
    func cModules() {
        let violations = ImportRules.cImporters(Self.sources)
        #expect(violations.isEmpty, "\(violations.map { "\n\($0)" }.joined())")
    }

    @Test("every module declares the modules it imports, and no others")
    func dependencies() throws {
        let manifest = try String(
            contentsOf: Package.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        let violations = DependencyRule.check(Self.sources, manifest: manifest)
        #expect(DependencyRule.declared(manifest).count > 15)
        #expect(violations.isEmpty, "\(violations.map { "\n\($0)" }.joined())")
    }

    @Test("pages name only pages, files and symbols that are there")
    func links() throws {
        let files = Package.allFiles()
        let rule = LinkRule(files: files, sources: Self.sources)
        let paths = files.filter { $0.hasSuffix(".md") && $0 != "CHANGELOG.md" }
        #expect(paths.count > 30)
        let violations = try paths.flatMap { path in
            let text = try String(
                contentsOf: Package.root.appendingPathComponent(path), encoding: .utf8)
            return rule.check(LinkRule.Page(path: path, text: text))
        }
        #expect(violations.isEmpty, "\(violations.map { "\n\($0)" }.joined())")
    }

    @Test("every public declaration is documented")
    func documentation() { check(DocumentationRule.check) }
}
