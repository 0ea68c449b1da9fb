import Events
import Testing

/// Each way a JSON record can be bad, with the reason it must get.
@Suite struct RejectTests {
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
        ("{\"time\":\" - \"}", .missingTime), ("{\"time\":{}}", .badTime),
        ("{\"time\":true}", .badTime),
        ("{\"time\":1780000000000}", .missingAccount), ("{\"time\":\"yesterday\"}", .badTime),
        ("{\"time\":1780000000000,\"account\":null}", .missingAccount),
        ("{\"time\":1780000000000,\"account\":\"\"}", .missingAccount),
        (event().replacing("\"a1\"", with: "[\"a1\"]"), .missingAccount),
        (event().replacing("\"a1\"", with: "false"), .missingAccount),
        (event().replacing("\"a1\"", with: "\" Unknown\""), .missingAccount),
        (String(event().dropLast()) + ",\"account\":null}", .missingAccount),
        (String(event().dropLast()) + ",\"time\":\"x\"}", .badTime),
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
        let others: Set<RejectReason> = [
            .tooLate, .future, .badProtobuf, .oversized, .noRecords, .noEmbedded,
        ]
        #expect(tested.union(others) == Set(RejectReason.allCases))
        #expect(RejectReason.allCases.allSatisfy { $0.rawValue == $0.rawValue.lowercased() })
    }

    @Test func `bytes that are not UTF-8 between values are bad syntax`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        for bad: [UInt8] in [[0xFF], [0xC0, 0x80], [0xE2, 0x82]] {
            let bytes = Array("{\"x\":".utf8) + bad + Array("}".utf8)
            #expect(decoding(bytes, with: &decoder) { _ in } == .rejected(.malformedJSON))
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
            ("{}", .time), ("{", nil), ("{\"time\":true}", .time),
            (event().replacing("\"a1\"", with: "{}"), .account),
        ]
        for (json, field) in blamed {
            _ = decoding(Array(json.utf8), with: &decoder) { _ in }
            #expect(decoder.rejectedField == field, "\(json)")
        }
    }

    @Test(arguments: [1, 63, 64, 65, 127, 128, 129, 1000, 400_000])
    func `unknown values may be nested as deep as they like`(_ depth: Int) throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"b\":[],\"a\":", "},1]")] {
            guard depth < 100_000 || open == "[" else { continue }
            let nest =
                String(repeating: open, count: depth) + "{}"
                + String(repeating: close, count: depth)
            #expect(try verdict(event("\"x\":\(nest)")) == .event)
            for bad in [String(nest.dropLast()), nest + close, nest.replacing("{}", with: "}{")] {
                #expect(try verdict(event("\"x\":\(bad)")) == .rejected(.malformedJSON))
            }
        }
    }

    @Test func `brackets are paired at every depth`() throws {
        for wrong in [0, 1, 62, 63, 64, 65, 126, 127, 128, 129, 199] {
            var close = [String](repeating: "]", count: 200)
            close[wrong] = "}"
            let nest = String(repeating: "[", count: 200) + close.joined()
            #expect(try verdict(event("\"x\":\(nest)")) == .rejected(.malformedJSON))
        }
    }
}
