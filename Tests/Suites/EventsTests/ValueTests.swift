import Events
import Testing

@Suite struct ValueTests {
    /// `time` of an event whose time is written as `literal`; nil when rejected as bad_time.
    func time(_ literal: String) throws -> Int64? {
        var decoder = try EventDecoder()
        var ms: Int64?
        let json = "{\"account\":\"a\",\"time\":\(literal)}"
        let result = decoding(Array(json.utf8), with: &decoder) { ms = $0.time.ms }
        #expect(ms != nil || result == .rejected(.badTime), "\(literal): \(result)")
        return ms
    }

    @Test(
        arguments: [
            ("\"2026-06-01T12:34:56Z\"", 1_780_317_296_000),
            ("\"2026-06-01t12:34:56.5z\"", 1_780_317_296_500),
            ("\"2026-06-01 12:34:56.123456789Z\"", 1_780_317_296_123),
            ("\"2026-06-01T14:34:56+02:00\"", 1_780_317_296_000),
            ("\"2026-06-01T00:04:56.000-12:30\"", 1_780_317_296_000),
            ("\"2016-12-31T23:59:60Z\"", 1_483_228_799_999),
            ("\"2024-02-29T00:00:00-00:00\"", 1_709_164_800_000),
            ("\"2000-01-01T00:00:00Z\"", 946_684_800_000),
            ("\"2099-12-31T23:59:59.999Z\"", 4_102_444_799_999),
            ("1780317296789", 1_780_317_296_789), ("1780317296789.0", 1_780_317_296_789),
            ("1.780317296789e12", 1_780_317_296_789), ("17803172967890e-1", 1_780_317_296_789),
            ("\"1780317296789\"", 1_780_317_296_789), ("1780317296789.5", 1_780_317_296_789),
        ] as [(String, Int64)]) func `a time is read`(_ literal: String, _ ms: Int64) throws
    {
        #expect(try time(literal) == ms)
    }

    @Test(arguments: [
        "\"2026-06-01T12:34:56\"", "\"2026-02-29T00:00:00Z\"", "\"2026-13-01T00:00:00Z\"",
        "\"2026-06-00T00:00:00Z\"", "\"2026-06-31T00:00:00Z\"", "\"2026-06-01T24:00:00Z\"",
        "\"2026-06-01T12:60:00Z\"", "\"2026-06-01T12:00:61Z\"", "\"2026-06-01T12:00:00.Z\"",
        "\"2026-06-01T12:00:00+24:00\"", "\"2026-06-01\"",
        "\"1999-12-31T23:59:59.999Z\"", "\"2100-01-01T00:00:00Z\"", "\"1780317296789x\"",
        "\"2026-06-01T12:00:00Zx\"", "\"+026-06-01T12:00:00Z\"",
        "-1780317296789", "1e99", "1e-99", "946684799999", "4102444800000",
        "99999999999999999999999999", "true", "[1780317296789]", "{}",
    ]) func `a bad time is rejected`(_ literal: String) throws {
        #expect(try time(literal) == nil)
    }

    @Test func `integers are exact however they are written, fractions are cut`() throws {
        var decoder = try EventDecoder()
        let forms: [(String, Int64)] = [
            ("0", 0), ("-0", 0), ("0.0", 0), ("0e999999999999", 0), ("7", 7),
            ("12345678", 12_345_678),
            ("123456789", 123_456_789), ("4294967295", 4_294_967_295),
            ("42949672950e-1", 4_294_967_295),
            ("4.2e1", 42), ("4200E-2", 42), ("1.000000000000000000000000000", 1),
            ("1.0000000000000000000000001", 1), ("0.5", 0), ("12.999", 12), ("1e-1", 0),
            ("\" 812\"", 812), ("\"1e3\"", 1000),
        ]
        for (literal, value) in forms {
            let json = event("\"input_tokens\":\(literal)")
            let result = decoding(Array(json.utf8), with: &decoder) {
                #expect($0.number(.inputTokens) == value, "\(literal)")
            }
            #expect(result == .event, "\(literal)")
        }
    }

    @Test func `every count of digits is read`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        var value: Int64 = 0
        for digit in [4, 2, 9, 4, 9, 6, 7, 2, 8, 1] as [Int64] {
            value = value * 10 + digit
            let json = event("\"signals\":{\"score\":-\(value)},\"max_tokens\": \(value) ")
            let result = decoding(Array(json.utf8), with: &decoder) {
                #expect($0.number(.maxTokens) == value)
                #expect($0.signalThousandths(0) == -1000 * value)
            }
            #expect(result == .event)
        }
    }

    @Test func `null and empty texts are missing, zero is not`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        let json = event(
            #""model":"","plan":null,"turn":null,"status":0,"fingerprints":{"ip":"","device":null},"#
                + #""signals":{"task":"","score":null,"flag":false}"#)
        let result = decoding(Array(json.utf8), with: &decoder) { event in
            #expect(
                Copied(event).fields == [
                    "time": "1780000000000", "account": "a1", "status": "0",
                    "signals.flag": "false",
                ])
            #expect(!event.has(.fingerprints))
        }
        #expect(result == .event)
    }

    @Test func `texts keep every byte through escapes`() throws {
        var decoder = try EventDecoder()
        let json = event(#""model":"\"\\\/\b\f\n\r\t\u0000\u007f\u00e9\u20ac\uD83D\uDE00é€😀""#)
        let result = decoding(Array(json.utf8), with: &decoder) {
            #expect(text($0.string(.model)) == "\"\\/\u{8}\u{c}\n\r\t\0\u{7f}é€😀é€😀")
        }
        #expect(result == .event)
    }

    @Test func `white space between tokens is free`() throws {
        let json =
            " \n{ \"time\" :\t1780000000000 ,\r\n\"account\" : \"a\" , \"x\" : [ 1 , { } , [ ] ] } \n"
        #expect(try verdict(json) == .event)
    }
}
