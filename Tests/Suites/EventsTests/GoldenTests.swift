import Events
import Foundation
import Testing

/// Our reading against that of an independent one: Golden/generate.py.
@Suite struct GoldenTests {
    static func load(_ name: String, in directory: URL? = nil) throws -> [UInt8] {
        let golden = directory ?? Bundle.module.resourceURL?.appending(path: "Golden")
        return Array(try Data(contentsOf: #require(golden).appending(path: name)))
    }

    static func lines(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
        bytes.split(separator: UInt8(ascii: "\n")).map {
            $0.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        }
    }

    static func unhex(_ text: ArraySlice<UInt8>) -> [UInt8] {
        func digit(_ c: UInt8) -> UInt8 { c >= 97 ? c - 87 : c - 48 }
        let digits = Array(text)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            digit(digits[$0]) << 4 | digit(digits[$0 + 1])
        }
    }

    /// Fields in the notation of the golden files.
    static func notation(_ event: Event) -> String {
        Copied(event).fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            .joined(separator: "\u{1f}")
    }

    @Test func `JSON is read as an independent reader reads it`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        var count = 0
        for line in Self.lines(try Self.load("events.jsonl")) {
            let document = Self.unhex(line[0])
            let expected = String(decoding: Self.unhex(line[1]), as: UTF8.self)
            var actual = ""
            let result = decoding(document, with: &decoder) { actual = Self.notation($0) }
            if case .rejected(let reason) = result { actual = "!\(reason.rawValue)" }
            // We report the first fault; the other reader parses all of the text before it looks.
            let isRejected = actual.hasPrefix("!") && expected == "!malformed_json"
            let shown = String(decoding: document, as: UTF8.self)
            #expect(actual == expected || isRejected, "\(expected) but \(actual) from \(shown)")
            count += 1
        }
        #expect(count == 1500)
    }

    func expectMessages(in directory: URL? = nil) throws {
        var rest = try Self.load("events.pb", in: directory)[...]
        var decoder = try EventDecoder(format: .protobuf, tracked: .sample)
        let said = Self.lines(try Self.load("events.pb.txt", in: directory))
        #expect(said.count == 300)
        for line in said {
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            let message = Array(rest.dropFirst(4).prefix(length))
            rest = rest.dropFirst(4 + length)
            var actual = ""
            let result = decoding(message, with: &decoder) { actual = Self.notation($0) }
            #expect(result == .event)
            #expect(actual == String(decoding: Self.unhex(line[0]), as: UTF8.self))
        }
        #expect(rest.isEmpty)
    }

    @Test func `messages written by PyPI protobuf are read`() throws {
        try expectMessages()
    }

    /// Set STILLWATCH_PYTHON to an interpreter with protobuf and grpcio-tools to run this.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["STILLWATCH_PYTHON"] != nil))
    func `the golden files are what the script writes today`() throws {
        let out = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: out) }
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden/generate.py")
        let python = Process()
        let name = try #require(ProcessInfo.processInfo.environment["STILLWATCH_PYTHON"])
        python.executableURL = URL(filePath: name)
        python.arguments = [script.path(), out.path()]
        try python.run()
        python.waitUntilExit()
        #expect(python.terminationStatus == 0)
        try expectMessages(in: out)
        for file in ["events.jsonl", "events.pb", "events.pb.txt"] {
            #expect(try Self.load(file, in: out) == Self.load(file), "\(file)")
        }
    }
}
