import Events
import Testing

/// Each way a JSON record can be bad, with the reason it must get.
@Suite struct RejectTests {
    static let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    static let sixteen = (0..<16).map { "\"k\($0)\":\"v\"" }.joined(separator: ",")

    static let cases: [(String, RejectReason)] = [
        ("", .empty),
        (" ", .malformedJSON), ("{", .malformedJSON), ("{}x", .malformedJSON),
        ("{} {}", .malformedJSON), ("nul", .malformedJSON), ("\u{FEFF}{}", .malformedJSON),
        ("{\"a\" 1}", .malformedJSON), ("{\"a\":1,}", .malformedJSON), ("{,}", .malformedJSON),
        ("{\"a\":[1,]}", .malformedJSON), ("{\"a\":[1 2]}", .malformedJSON),
        ("{\"a\":[}", .malformedJSON), ("{\"a\":{]}", .malformedJSON), ("{a:1}", .malformedJSON),
        ("{\"a\":1]", .malformedJSON), ("{\"a\":\"\t\"}", .malformedJSON),
        ("{\"a\":\"b\"c}", .malformedJSON), ("{\"a\":1\"b\"}", .malformedJSON),
        ("{'a':1}", .malformedJSON), ("{\"a\":\\\"b\"}", .malformedJSON),
        ("[]", .notAnObject), ("3", .notAnObject), ("\"x\"", .notAnObject),
        ("null", .notAnObject), ("[1,", .malformedJSON),
        ("{}", .missingTime), ("{\"time\":null}", .missingTime), ("{\"time\":\"\"}", .missingTime),
        ("{\"time\":1780000000000}", .missingAccount), ("{\"time\":\"yesterday\"}", .badTime),
        ("{\"time\":1780000000000,\"account\":null}", .missingAccount),
        ("{\"time\":1780000000000,\"account\":\"\"}", .accountLength),
        (event().replacing("a1", with: String(repeating: "x", count: 257)), .accountLength),
        (event().replacing("\"a1\"", with: "7"), .wrongType),
        (event("\"x\":\(deep)"), .tooDeep), (event("\"x\":{\"y\":\(deep.dropFirst())"), .tooDeep),
        (event("\"status\":\"200\""), .wrongType), (event("\"turn\":1.5"), .wrongType),
        (event("\"turn\":true"), .wrongType), (event("\"model\":{}"), .wrongType),
        (event("\"model\":[\"m\"]"), .wrongType), (event("\"fingerprints\":\"x\""), .wrongType),
        (event("\"fingerprints\":[]"), .wrongType), (event("\"signals\":[]"), .wrongType),
        (event("\"fingerprints\":{\"ip\":1}"), .wrongType),
        (event("\"fingerprints\":{\"other\":{}}"), .wrongType),
        (event("\"signals\":{\"task\":[]}"), .wrongType),
        (event("\"input_tokens\":-1"), .negativeNumber),
        (event("\"latency_ms\":-1e2"), .negativeNumber),
        (event("\"input_tokens\":4294967296"), .numberRange),
        (event("\"input_tokens\":1e400"), .numberRange),
        (event("\"status\":-99999999999999999999999"), .numberRange),
        (event("\"signals\":{\"score\":4294967296.5}"), .numberRange),
        (event("\"fingerprints\":{\(sixteen),\"ip\":\"x\"}"), .tooManyFingerprints),
        (event("\"signals\":{\(sixteen),\"x\":1}"), .tooManySignals),
        (
            event("\"fingerprints\":{\"o\":\"\(String(repeating: "x", count: 513))\"}"),
            .fingerprintLength
        ),
        (event("\"account\":\"b\""), .duplicateField), (event("\"time\":null"), .duplicateField),
        (event("\"fingerprints\":{},\"fingerprints\":{}"), .duplicateField),
        (event("\"fingerprints\":{\"ip\":\"1\",\"ip\":\"2\"}"), .duplicateField),
        (event("\"\\u0061ccount\":\"b\""), .duplicateField),
        (event("\"model\":\"\\ud800\""), .invalidUTF8),
        (event("\"model\":\"\\udc00\\ud800\""), .invalidUTF8),
        (event("\"model\":\"\\x\""), .malformedJSON), (event("\"x\":\"\\x\""), .malformedJSON),
        (event("\"x\":\"\\u12G4\""), .malformedJSON), (event("\"\\x\":1"), .malformedJSON),
        (event("\"x\":\"\\u12\""), .malformedJSON),
        ("\u{0}\u{0}\u{0}", .truncatedFrame), ("\u{0}\u{0}\u{0}\u{0}\u{1}", .truncatedFrame),
        ("\u{3}\u{0}{}", .unknownSchema),
    ]

    @Test(arguments: cases) func `a bad record gets its reason`(
        _ json: String, _ reason: RejectReason
    )
        throws
    {
        #expect(try verdict(json) == .rejected(reason), "\(json.prefix(100))")
    }

    @Test(arguments: [
        "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "NaN", "Infinity", "1_000", "--1", "1 1",
        "tru", "True", "nullx", "truefalse", "00", "-01", "1.e3",
    ]) func `a malformed scalar is malformed whether read or skipped`(_ token: String) throws {
        for name in ["status", "skipped"] {
            let json = event("\"\(name)\":\(token)")
            #expect(try verdict(json) == .rejected(.malformedJSON), "\(json)")
        }
        #expect(try verdict(event("\"x\":[{\"y\":\(token)}]")) == .rejected(.malformedJSON))
    }

    @Test func `every reason but those of the topology and Protobuf is tested here`() {
        let tested = Set(Self.cases.map(\.1))
        let others: Set<RejectReason> = [.tooLate, .future, .badProtobuf, .oversized]
        #expect(tested.union(others) == Set(RejectReason.allCases))
        #expect(RejectReason.allCases.allSatisfy { $0.rawValue == $0.rawValue.lowercased() })
    }

    @Test func `bytes that are not UTF-8 are told apart from bad syntax`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        for bad: [UInt8] in [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80],
        ] {
            let bytes = Array("{\"x\":\"".utf8) + bad + Array("\"}".utf8)
            #expect(decoding(bytes, with: &decoder) { _ in } == .rejected(.invalidUTF8))
        }
        #expect(
            decoding(Array("{\"x\":\"\0\"}".utf8), with: &decoder) { _ in }
                == .rejected(.malformedJSON))
    }

    @Test func `a record over the limit is oversized and the next one decodes`() throws {
        var decoder = try EventDecoder(limits: DecoderLimits(maxBytes: 5_000_000))
        let padding = String(repeating: "x", count: 5_000_000)
        let large = Array(event("\"pad\":\"\(padding)\"").utf8)
        #expect(decoding(large, with: &decoder) { _ in } == .rejected(.oversized))
        let fits = Array(event("\"pad\":\"\(padding.dropLast(200))\"").utf8)
        #expect(decoding(fits, with: &decoder) { _ in } == .event)
        #expect(decoding(Array(event().utf8), with: &decoder) { _ in } == .event)
    }

    @Test func `the field to blame is known`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        let blamed: [(String, EventField?)] = [
            (event("\"turn\":\"x\""), .turn), (event("\"fingerprints\":{\"ip\":1}"), .fingerprints),
            ("{}", .time), ("{", nil), (event("\"account_created\":1"), .accountCreated),
        ]
        for (json, field) in blamed {
            _ = decoding(Array(json.utf8), with: &decoder) { _ in }
            #expect(decoder.rejectedField == field, "\(json)")
        }
    }

    @Test func `the depth limit is exact`() throws {
        for (depth, accepted) in [(1, true), (63, true), (64, false)] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let leaf = open == "[" ? "" : "1"
                let nest =
                    String(repeating: open, count: depth) + leaf
                    + String(repeating: close, count: depth)
                let expected: Decoded = accepted ? .event : .rejected(.tooDeep)
                #expect(try verdict(event("\"x\":\(nest)")) == expected)
            }
        }
        let hostile = String(repeating: "[", count: 900_000)
        #expect(try verdict(event("\"x\":\(hostile)")) == .rejected(.tooDeep))
    }
}
