import Testing

/// Each check finds what it is for, and leaves alone what only looks like it.
@Suite("House rules find what is planted")
struct PlantedTests {
    private let hot = "Sources/Aggregation/EntityStore.swift"

    private func file(_ text: String, _ path: String = "Sources/Topology/Planted.swift")
        -> SourceFile
    {
        SourceFile(path: path, text: text)
    }

    private func lines(_ violations: [Violation]) -> [Int] { violations.map(\.line) }

    @Test("a function of 61 lines is too long, one of 60 is not")
    func functionLength() {
        func function(_ head: String, lines: Int) -> SourceFile {
            let body = String(repeating: "    work(\"}\") // }\n", count: lines - 2)
            return file("struct S {\n\(head) {\n\(body)}\n    func short() {}\n}\n")
        }
        for head in [
            "func f(_ a: Int = { 1 }())", "init?(x: [Int])", "static func g<T>() -> T where T: P",
            "var x: Int", "subscript(i: Int) -> Int", "deinit", "mutating func h(\n  a: Int\n)",
        ] {
            let extra = head.split(separator: "\n").count - 1
            #expect(
                lines(SizeRules.functionLength(function(head, lines: 61 - extra))) == [2], "\(head)"
            )
            #expect(SizeRules.functionLength(function(head, lines: 60 - extra)).isEmpty, "\(head)")
        }
    }

    @Test("pages that name what is not there are found, and what is there is not")
    func links() {
        let rule = LinkRule(
            files: ["README.md", "Sources/A/A.docc/There.md", "Sources/A/B/C.swift"],
            sources: [file("public struct Task {}\n", "Sources/A/B/C.swift")])
        let good =
            "<doc:There> ``Task/run(_:)`` ``A`` `A/B/C.swift` `C.swift` [x](../B/C.swift#l) [y](https://z)\n"
        let bad = "<doc:Gone>\n``Gone``\n`A/C.swift`\n`D.swift`\n[x](B/C.swift)\n"
        let path = "Sources/A/A.docc/There.md"
        #expect(rule.check(.init(path: path, text: good)).isEmpty)
        #expect(lines(rule.check(.init(path: path, text: bad))) == [1, 2, 3, 4, 5])
    }

    @Test("requirements and calls are no functions")
    func noBodies() {
        let long = String(repeating: "    case a\n", count: 70)
        let text =
            "protocol P {\n func f()\n init(x: Int)\n}\nenum E {\n\(long)}\nlet x = S.init(a: 1)\n"
        #expect(SizeRules.functionLength(file(text)).isEmpty)
    }

    @Test("a file of 501 lines is too long, one of 500 is not")
    func fileLength() {
        #expect(SizeRules.fileLength(file(String(repeating: "\n", count: 501))).count == 1)
        #expect(SizeRules.fileLength(file(String(repeating: "\n", count: 500))).isEmpty)
    }

    @Test(
        "each banned word is found in a hot file",
        arguments: [
            "var x: String", "let d = Dictionary<Int, Int>()", "let d: [Int: Int] = [:]",
            "var p: any Sequence", "let p: (any P)?", "import Foundation", "final class C {}",
            "let now = ContinuousClock.now", "let d = Date.now", "import Foundation.NSDate",
            "let s = \"\\(String(1))\"",
        ])
    func hotWords(line: String) {
        #expect(!WordRules.hotPath(file("\n\(line)\n", hot)).isEmpty)
        #expect(WordRules.hotPath(file(line, "Sources/Live/Cold.swift")).isEmpty)
    }

    @Test("an exception that is not needed is found")
    func exceptions() {
        for exception in WordRules.exceptions {
            let violations = WordRules.hotPath(file("", exception.path))
            #expect(violations.contains { $0.rule.hasSuffix(exception.rule) })
        }
    }

    @Test("comments, literals and longer words are not banned")
    func hotLookAlikes() {
        let text = """
            // a String, any P, a class and a Date
            /* Foundation /* Dictionary */ String */
            precondition(true, "a String of class any Date")
            let a: StaticString = #"any "String" class"#, dateMs = 1, classes = 2, many = [1: 2]
            let x = "\\(a) String", i = list[from: 1]
            """
        #expect(WordRules.hotPath(file(text, hot)).isEmpty)
    }

    @Test(
        "each trap is found",
        arguments: [
            "let a = try! f()", "fatalError(\"x\")", "let b = c!", "d()!.e", "f[0]! = 1", "g as! H",
            "var i: Int!", "print(\"\\(j!)\")", "k!(1)",
        ])
    func traps(line: String) { #expect(WordRules.traps(file(line)).count == 1) }

    @Test("inequality, negation and text are no traps")
    func trapLookAlikes() {
        let text =
            "if a != b, !c, (!d) { e(!f) }\nlet g = [!h] // i!\nprint(\"j! fatalError try!\")\n#if !DEBUG\nif client.fatalError == nil {}"
        #expect(WordRules.traps(file(text)).isEmpty)
    }

    @Test("work left for later is found, in comments too")
    func leftovers() {
        let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
        for word in words { #expect(WordRules.leftovers(file("// \(word): later")).count == 1) }
    }

    @Test("a machine's folder is found, a URL and a relative path are not")
    func machinePaths() {
        let folders = ["home", "work", "tmp", "Users"].map { "/" + $0 + "/" }
        for folder in folders {
            #expect(WordRules.machinePaths(file("let a = \"\(folder)x\"")).count == 1)
            #expect(WordRules.machinePaths(file("// see \(folder)x")).count == 1)
            #expect(
                WordRules.machinePaths(file("https://example.com\(folder)x a\(folder)b")).isEmpty)
        }
    }

    @Test("an import upward, sideways, of Kafka below Live, or in an unknown module is found")
    func imports() {
        #expect(lines(ImportRules.downward(file("import Primitives\nimport Live\n"))) == [2])
        #expect(ImportRules.downward(file("import Simulation")).count == 1)
        #expect(ImportRules.downward(file("@_exported public import Replay")).count == 1)
        #expect(ImportRules.downward(file("import struct Live.Thing")).count == 1)
        #expect(ImportRules.downward(file("import Kafka", "Sources/Replay/A.swift")).count == 1)
        #expect(ImportRules.downward(file("import Kafka", "Sources/Live/A.swift")).isEmpty)
        #expect(ImportRules.downward(file("", "Sources/New/A.swift")).count == 1)
        #expect(
            ImportRules.downward(file("import Detection\nimport Events\n// import Live")).isEmpty)
    }

    @Test(
        "a system module at or below Topology is found, and one of ours with clocks and threads",
        arguments: [
            "Foundation", "Glibc", "Dispatch", "Synchronization", "FoundationEssentials",
            "Execution", "Telemetry",
        ])
    func purity(module: String) {
        for place in ["Topology", "Primitives", "YAML", "Events", "Aggregation", "Detection"] {
            let path = "Sources/\(place)/A.swift"
            #expect(ImportRules.purity(file("import \(module)", path)).count == 1)
        }
        #expect(ImportRules.purity(file("import \(module)", "Sources/Live/A.swift")).isEmpty)
    }

    @Test("a C module with two importers is found")
    func cImporters() {
        let one = file("import CYAML", "Sources/YAML/A.swift")
        let two = file("import CYAML", "Sources/YAML/B.swift")
        let other = file("\nimport CYAML", "Sources/Configuration/A.swift")
        #expect(ImportRules.cImporters([one, two]).isEmpty)
        #expect(lines(ImportRules.cImporters([one, two, other])) == [2])
    }

    @Test("an undocumented public declaration, or requirement is found")
    func documentation() {
        let text = """
            /// Documented.
            @frozen
            public struct S {
                public var a = 1
                var b = 2
                // Not a doc comment.
                @inlinable public func f() {}
            }
            /// Documented.
            public protocol P {
                func g()
                /// Documented.
                var h: Int { get }
            }
            /// Documented.
            public enum E: String { case i, j }
            protocol Internal { func k() }
            open = max(open, public)
            public extension S {}
            """
        #expect(lines(DocumentationRule.check(file(text))) == [4, 7, 11])
    }

    @Test("a dependency that is not imported and an import that is not declared are found")
    func dependencies() {
        let manifest = "module(\"A\", [\"B\", \"C\"]),\nmodule(\"B\", []), module(\"C\", [])"
        let files = [
            file("import B\n", "Sources/A/F.swift"), file("import C", "Sources/B/F.swift"),
        ]
        let rules = DependencyRule.check(files, manifest: manifest).map(\.rule)
        #expect(rules == ["A never imports C", "B does not declare C"])
    }
}
