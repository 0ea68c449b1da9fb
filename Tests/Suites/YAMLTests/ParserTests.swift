import Testing
import YAML

@Suite("YAML")
struct ParserTests {
    private func parse(_ text: String) -> (nodes: [Node], errors: [String]) {
        let diagnostics = Diagnostics()
        let nodes = parseYAML(SourceText(name: "t.yaml", text: text), diagnostics: diagnostics)
        return (
            nodes,
            diagnostics.errors.map { "\($0.position.line):\($0.position.column) \($0.message)" }
        )
    }

    @Test("Scalars of every style keep their text and place")
    func scalars() throws {
        let (nodes, errors) = parse(
            "a: plain\nb: 'it''s'\nc: \"x\\ty\"\nd: |\n  one\n  two\ne: >\n  one\n  two\n")
        #expect(errors == [])
        let pairs = try #require(nodes.first?.pairs)
        #expect(
            pairs.map(\.value.scalar?.text) == ["plain", "it's", "x\ty", "one\ntwo\n", "one two\n"])
        #expect(pairs.map(\.value.range.start.line) == [1, 2, 3, 4, 7])
        #expect(pairs[0].value.range.start.column == 4)
        #expect(pairs[3].value.scalar?.style == .literal)
    }

    @Test("Several documents are several nodes; empty ones are left out")
    func documents() {
        let (nodes, errors) = parse("# nothing\n---\na: 1\n---\n---\nb: 2\n...\n")
        #expect(errors == [])
        #expect(nodes.map { $0.pairs?.first?.name } == ["a", "b"])
        #expect(parse("").nodes.isEmpty)
        #expect(parse("\u{FEFF}").nodes.isEmpty)
    }

    @Test(
        "What the subset does not allow is an error at its place",
        arguments: [
            ("a: 1\nb: 2\na: 3", "3:1 duplicate key 'a'"),
            ("a: &x 1", "1:4 anchors are not supported"),
            ("a: *x", "1:4 aliases are not supported"),
            ("<<: 1", "1:1 merge keys are not supported"),
            ("[1, 2]: 3", "1:1 a key must be text, not a list"),
            ("a: !secret 1", "1:4 the tag '!secret' is not supported"),
            ("a: [1, 2", "1:9 did not find expected ',' or ']'"),
            ("a: \u{1}", "1:4 control characters are not allowed"),
            ("a: 'x", "1:6 found unexpected end of stream"),
            ("\ta: 1", "1:1 found character that cannot start any token"),
        ])
    func refusals(text: String, error: String) {
        #expect(parse(text).errors == [error])
    }

    @Test("Aliases cannot blow up")
    func billionLaughs() {
        let text = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
        #expect(parse(text).errors.contains("2:8 aliases are not supported"))
    }

    @Test("Depth, size and number of nodes are limited")
    func limits() {
        let deep = String(repeating: "[", count: 5000)
        #expect(parse(deep).errors == ["1:33 nested deeper than 32 levels"])
        let diagnostics = Diagnostics()
        let wide = "[" + String(repeating: "1,", count: 300) + "]"
        let limits = Limits(sizeBytes: 1000, depth: 32, nodes: 100)
        _ = parseYAML(SourceText(name: "t", text: wide), limits: limits, diagnostics: diagnostics)
        #expect(diagnostics.errors.first?.message == "more than 100 nodes in one file")
        let large = SourceText(name: "t", bytes: Array(repeating: 0x20, count: 1001))
        _ = parseYAML(large, limits: limits, diagnostics: diagnostics)
        #expect(diagnostics.errors.last?.message == "the file is larger than 1000 bytes")
    }

    @Test("Invalid UTF-8 is an error at its byte")
    func invalidUTF8() {
        let diagnostics = Diagnostics()
        let source = SourceText(name: "t", bytes: Array("a: 1\nb: ü".utf8) + [0xFF, 0x20])
        #expect(parseYAML(source, diagnostics: diagnostics).isEmpty)
        #expect(diagnostics.errors.first?.position == Position(line: 2, column: 5))
    }

    @Test("Documents before a syntax error are read")
    func partial() {
        let (nodes, errors) = parse("a: 1\n---\nb: [\n---\n")
        #expect(nodes.count == 1)
        #expect(errors.count == 1)
    }

    @Test("Lines end where YAML says, and columns count characters")
    func lines() throws {
        let (nodes, errors) = parse("a: 1\r\nb: ü x\rc: [é, q]\n")
        #expect(errors == [])
        let pairs = try #require(nodes.first?.pairs)
        #expect(pairs.map(\.key.range.start.line) == [1, 2, 3])
        #expect(pairs[2].value.items?[1].range.start == Position(line: 3, column: 8))
        let source = pairs[0].key.source
        for pair in pairs {
            let start = pair.value.range.start
            #expect(source.position(ofByte: source.byteOffset(of: start)) == start)
        }
    }
}
