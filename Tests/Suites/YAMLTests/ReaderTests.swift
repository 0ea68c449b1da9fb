import Testing
import YAML

@Suite("YAML readers")
struct ReaderTests {
    private enum Mode: String, CaseIterable { case fast, slow }

    private func read(
        _ text: String, _ body: (inout MappingReader) -> Void
    ) -> String {
        let diagnostics = Diagnostics()
        let source = SourceText(name: "c.yaml", text: text)
        for node in parseYAML(source, diagnostics: diagnostics) {
            guard var map = MappingReader(node, "the configuration", diagnostics) else { continue }
            body(&map)
            map.finish()
        }
        return diagnostics.text
    }

    @Test("Values of the right type are read without complaint")
    func values() {
        let text = "n: 3\nd: 1.5\nf: true\nw: 10m\ns: 64KiB\nm: slow\nt: text\nl: [a, 1]\nz: ~\n"
        let complaints = read(text) { map in
            #expect(map.integer("n", in: 0...5) == 3)
            #expect(map.number("d") == 1.5)
            #expect(map.flag("f") == true)
            #expect(map.durationMs("w", in: 0...1_000_000) == 600_000)
            #expect(map.sizeBytes("s", in: 0...100_000) == 65_536)
            #expect(map.choice("m", of: Mode.self) == .slow)
            #expect(map.text("t") == "text")
            #expect(map.texts("l") == ["a", "1"])
            #expect(map.text("z") == nil)
            #expect(map.text("absent") == nil)
        }
        #expect(complaints == "")
    }

    @Test("Every wrong value is reported with its line")
    func wrongValues() {
        let complaints = read("n: x\nf: yes\nw: 10\nm: sloww\nextra: 1\n") { map in
            _ = map.integer("n", in: 0...5)
            _ = map.flag("f")
            _ = map.durationMs("w", in: 0...1_000_000)
            _ = map.choice("m", of: Mode.self)
            _ = map.required("needed")
            _ = map.optional("extras")
        }
        #expect(
            complaints == """
                c.yaml:1:4: error: 'n' must be an integer, not 'x'
                 1 | n: x
                   |    ^
                c.yaml:2:4: error: 'f' must be true or false, not 'yes'
                 2 | f: yes
                   |    ^~~
                c.yaml:3:4: error: 'w' must be a duration such as 30s, 10m, 24h or 7d, not '10'
                 3 | w: 10
                   |    ^~
                c.yaml:4:4: error: 'm' must be one of fast, slow, not 'sloww'
                 4 | m: sloww
                   |    ^~~~~
                   = did you mean 'slow'?
                c.yaml:1:1: error: the configuration needs 'needed'
                 1 | n: x
                   | ^
                c.yaml:5:1: error: unknown key 'extra' in the configuration
                 5 | extra: 1
                   | ^~~~~
                   = did you mean 'extras'?

                """)
    }

    @Test("Long lines are clipped around the place, tabs and controls are kept out of the way")
    func excerpts() throws {
        let long = "a: [" + String(repeating: "x, ", count: 100) + "&y 1]"
        let diagnostics = Diagnostics()
        _ = parseYAML(SourceText(name: "t", text: long), diagnostics: diagnostics)
        let first = try #require(diagnostics.errors.first)
        #expect(first.sourceLine.count <= 166)
        let caret = try #require(first.underline.firstIndex(of: "^"))
        let column = first.underline.distance(from: first.underline.startIndex, to: caret)
        #expect(Array(first.sourceLine)[column] == "&")
    }

    @Test("Durations and sizes are whole numbers with a unit")
    func quantities() {
        let good: [(String, Int64)] = [
            ("0s", 0), ("250ms", 250), ("30s", 30_000), ("10m", 600_000), ("35d", 3_024_000_000),
        ]
        for (text, ms) in good {
            #expect(durationMs(text) == ms)
            #expect(durationMs(durationText(ms: ms)) == ms)
        }
        for text in [
            "", "s", "1", "-1s", "1.5h", "1 h", "1H", "1w", "99999999999999999999d", "200000d",
        ] {
            #expect(durationMs(text) == nil, "\(text)")
        }
        #expect(sizeBytes("2GiB") == 2 << 30)
        #expect(sizeBytes("9999999TiB") == nil)
        #expect(sizeBytes("1KB") == nil)
    }

    @Test("Suggestions are close words only")
    func suggestions() {
        let words = ["accounts", "payers", "evenness"]
        #expect(suggestion(for: "acounts", among: words) == "accounts")
        #expect(suggestion(for: "accoutns", among: words) == "accounts")
        #expect(suggestion(for: "requests", among: words) == nil)
        #expect(suggestion(for: "", among: words) == nil)
    }
}
