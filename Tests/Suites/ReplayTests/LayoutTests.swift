import Primitives
import Replay
import TestSupport
import Testing

@Suite("Layouts of JSON in files")
struct LayoutTests {
    /// The records of a file with the lines they begin in.
    private static func records(
        _ bytes: [UInt8], maxRecord: Int = 1 << 20
    ) throws -> [(text: String, line: Int64)] {
        let file = TemporaryFile(bytes)
        var reader = RecordReader(try InputFile(path: file.path), maxRecord: maxRecord)
        var records: [(String, Int64)] = []
        while let record = try reader.next() {
            records.append((String(decoding: record, as: UTF8.self), reader.line))
        }
        return records
    }

    private static func shown(_ text: String, maxRecord: Int = 1 << 20) throws -> [String] {
        try records(Array(text.utf8), maxRecord: maxRecord).map { "\($0.line):\($0.text)" }
    }

    @Test("one JSON array gives its elements, with the lines they begin in")
    func arrays() throws {
        #expect(try Self.shown(#"[{"a":1},{"a":2}]"#) == [#"1:{"a":1}"#, #"1:{"a":2}"#])
        #expect(
            try Self.shown("[\n{\"a\":1},\n\n{\"a\":2}\n]\n") == ["2:{\"a\":1}", "4:{\"a\":2}"])
        #expect(
            try Self.shown("\n [ {\"a\":[1,{}]} ,7, \"x,]\", [{}] ]") == [
                #"2:{"a":[1,{}]}"#, "2:7", #"2:"x,]""#, "2:{}",
            ])
        #expect(try Self.shown("[]") == [])
        #expect(try Self.shown("[{\"a\":1},{\"a\":") == [#"1:{"a":1}"#, #"1:{"a":"#])
        #expect(try Self.shown("[{}]\n[{},{}]\n") == ["1:{}", "2:{}", "2:{}"])
        #expect(try Self.shown("[2026-01-01] started\n{}\n") == ["1:[2026-01-01] started", "2:{}"])
    }

    @Test(
        "objects that span lines or share them are split; texts, escapes and brackets in them are no matter"
    )
    func objects() throws {
        let tricky = #"{"a":"}\"{\\","b":{"c":"[["}}"#
        #expect(try Self.shown(tricky + tricky + "\n") == ["1:" + tricky, "1:" + tricky])
        #expect(
            try Self.shown("{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n") == [
                "1:{\n \"a\": 1\n}", "4:{\n \"a\": 2\n}",
            ])
        // No indentation, and braces on lines of their own.
        let flat = "{\n\"a\":\n{\n\"b\": [\n{\n\"c\": 1\n},\n{\n}\n]\n}\n}"
        #expect(try Self.shown(flat + "\r\n" + flat) == ["1:" + flat, "13:" + flat])
    }

    @Test("an object that is cut off takes none of its followers with it")
    func damage() throws {
        #expect(
            try Self.shown("{\"a\":{\"b\":1\n{\"a\":2}\n{\"a\":3}\n") == [
                "1:{\"a\":{\"b\":1", "2:{\"a\":2}", "3:{\"a\":3}",
            ])
        #expect(
            try Self.shown("{\n \"a\": {\n\n{\n \"a\": 2\n}\n") == [
                "1:{\n \"a\": {\n\n", "4:{\n \"a\": 2\n}",
            ])
        #expect(
            try Self.shown("{\n \"a\": \"open\n}\n{\n}\n} \n{}") == [
                "1:{\n \"a\": \"open\n}", "4:{\n}", "6:}", "7:{}",
            ])
    }

    @Test(
        "byte-order marks, NULs in front of lines, record separators and carriage returns are passed over"
    )
    func marks() throws {
        let mark = "\u{FEFF}"
        #expect(
            try Self.shown(mark + "{\"a\":1}\r\n" + mark + "{\"a\":2}") == [
                "1:{\"a\":1}", "2:{\"a\":2}",
            ])
        #expect(try Self.shown(mark + "[{}]") == ["1:{}"])
        #expect(try Self.shown("\u{1E}{}\n\u{1E}{\"a\":1}\n") == ["1:{}", "2:{\"a\":1}"])
        #expect(try Self.shown("{}\n\0\0\0{\"a\":1}\n\0\0") == ["1:{}", "2:{\"a\":1}"])
        let long = [UInt8](repeating: 0, count: 5_000_000) + Array("{}\n{}".utf8)
        #expect(try Self.records(long).map(\.line) == [1, 2])
        #expect(try Self.shown(mark) == [])
    }

    @Test(
        "an object over the limit is lent cut, and the next one whole",
        arguments: ["\n", "", ",\n"])
    func limits(between: String) throws {
        let long = "{\"a\": \"" + String(repeating: "x\\\"", count: 2_000_000) + "\"\n}"
        let text = "[" + long + between + "{\"b\":1}]"
        let found = try Self.records(Array(text.utf8), maxRecord: 1000)
        #expect(found.map(\.text.utf8.count) == [1001, 7])
        #expect(found.last?.line == (between.isEmpty ? 2 : 3))
    }

    @Test("a line of 1.1 MB passes a limit of 2 MiB in lines, arrays and packed files")
    func longLines() throws {
        let line = "{\"a\":\"" + String(repeating: "y", count: 1_100_000) + "\"}"
        for text in [line + "\n" + line, "[" + line + ",\n" + line + "]"] {
            #expect(
                try Self.records(Array(text.utf8), maxRecord: 2 << 20).map(\.text) == [line, line])
        }
    }

    @Test("random values in an array, written in any way, are found whole")
    func randomValues() throws {
        var random = TestRandom(seed: 5)
        for round in 0..<200 {
            let values = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                Self.object(depth: 3, round % 2 == 0 ? "" : "\n  ", &random)
            }
            let comma = ["\n", ",", " ,\r\n", ",\n"][round % 4]
            let isArray = comma.contains(",")
            let text = (isArray ? "[" : "") + values.joined(separator: comma) + (isArray ? "]" : "")
            let found = try Self.records(Array(text.utf8)).map(\.text)
            #expect(found == values, "round \(round): \(text.prefix(300))")
        }
    }

    private static func object(depth: Int, _ gap: String, _ random: inout TestRandom) -> String {
        let members = (0..<Int.random(in: 0...4, using: &random)).map { i in
            "\"k\(i)\":" + value(depth: depth - 1, gap, &random)
        }
        return "{" + members.map { gap + $0 }.joined(separator: ",") + "}"
    }

    private static func value(depth: Int, _ gap: String, _ random: inout TestRandom) -> String {
        switch depth > 0 ? Int.random(in: 0...4, using: &random) : 0 {
        case 0:
            ["7", "null", "\"}{\"", "\"\\\\\"", "\"\\\"]\"", "[]", "\"\u{FEFF}é\""][
                Int.random(in: 0...6, using: &random)]
        case 1: object(depth: depth, gap, &random)
        case 2: "[" + gap + object(depth: depth - 1, gap, &random) + "," + gap + "1]"
        default: "-1.5e3"
        }
    }
}
