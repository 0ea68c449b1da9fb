import Events
import Testing

/// Spellings of times, and what tells their unit and zone.
@Suite struct TimeTests {
    /// What the time spelled so in JSON is, in milliseconds; the reason where it is refused.
    func read(_ json: String, unit: FieldMap.Unit = .canonical, zone: Int? = nil) throws -> String {
        var map = FieldMap(.stillwatch)
        try map.set("time", pointers: ["/time"], unit: unit)
        map.zoneMinutes = zone
        var decoder = try EventDecoder(fieldMap: map, tracked: .sample)
        var ms = ""
        let result = decoding(Array("{\"time\":\(json),\"account\":\"a\"}".utf8), with: &decoder) {
            ms = "\($0.time.ms)"
        }
        if case .rejected(let reason) = result { return reason.rawValue }
        return ms
    }

    static let noon = "1780317296789"

    @Test(arguments: [
        "2026-06-01T12:34:56.789Z", "2026-06-01t12:34:56.789z", "2026-06-01 12:34:56.789Z",
        "2026-06-01T12:34:56,789Z", "2026-06-01T12:34:56.789123456Z", "2026-06-01T12:34:56.7899Z",
        "2026-06-01T14:34:56.789+02:00", "2026-06-01T14:34:56.789+0200",
        "2026-06-01T14:34:56.789+02", "2026-06-01 07:04:56.789-05:30",
        "2026-06-01 07:04:56.789 -0530", "2026-06-01 12:34:56.789 UTC",
        "2026-06-01 12:34:56.789UTC", "2026-06-01 12:34:56.789 GMT",
        "2026-06-01 12:34:56.789 +0000 UTC", "2026-06-01 14:34:56.789 +0200 CEST",
        "2026-06-01T12:34:56.789-00:00",
    ]) func `a time is read however it is spelled`(_ text: String) throws {
        #expect(try read("\"\(text)\"") == Self.noon)
    }

    @Test(arguments: [
        "2026-06-01T12:34:56.Z", "2026-06-01T12:34:56.789+2:00", "2026-06-01T12:34:56.789+02:0",
        "2026-06-01T12:34:56.789+24:00", "2026-06-01T12:34:56.789+02:60", "2026-06-01T12:34Z",
        "2026-06-01T12:34:56.789 CEST", "2026-06-01T12:34:56.789ZZ", "2026-06-01_12:34:56.789Z",
        "2026-13-01T12:34:56.789Z", "2026-02-29T12:34:56.789Z", "2026-06-01T24:34:56.789Z",
        "2026-06-01T12:34:56.789+", "2026-06-01T12:34:56.789 + 02:00", "1 June 2026", "1e",
    ]) func `what is no time is refused`(_ text: String) throws {
        #expect(try read("\"\(text)\"", zone: 0) == "bad_time")
    }

    @Test func `fractions of one to nine digits are cut to milliseconds`() throws {
        let digits = "789123456"
        for count in 1...9 {
            let fraction = String(digits.prefix(count))
            let ms = Int(fraction.prefix(3).padding(to: 3)) ?? 0
            #expect(try read("\"2026-06-01T12:34:56.\(fraction)Z\"") == "\(1_780_317_296_000 + ms)")
        }
    }

    @Test func `a time without a zone is refused, or read in the zone that is set`() throws {
        for text in [
            "2026-06-01 12:34:56.789", "2026-06-01T12:34:56.789", "2026-06-01T12:34:56,789 ",
        ] {
            #expect(try read("\"\(text)\"") == "bad_time")
            #expect(try read("\"\(text)\"", zone: 0) == Self.noon)
            #expect(try read("\"\(text)\"", zone: 120) == "1780310096789")
            #expect(try read("\"\(text)\"", zone: -330) == "1780337096789")
        }
        #expect(try read("\"2026-06-01T12:34:56.789Z\"", zone: 120) == Self.noon)
    }

    @Test func `a time without a zone says so, another bad time does not`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        func lacksZone(_ json: String) -> Bool {
            _ = decoding(Array(json.utf8), with: &decoder) { _ in }
            return decoder.lacksZone
        }
        #expect(lacksZone(#"{"time":"2026-06-01 12:34:56","account":"a"}"#))
        #expect(!lacksZone(#"{"time":"x","account":"a"}"#))
        #expect(!lacksZone(#"{"time":"2026-06-01 12:34:56"}"#) || decoder.rejectedField == .time)
        #expect(!lacksZone("{"))
    }

    @Test(arguments: [
        ("1780317296", "1780317296000"), ("1780317296.789", noon), ("1780317296789", noon),
        ("1780317296789.9", noon), ("1780317296789123", noon), ("1780317296789123456", noon),
        ("1.780317296789e9", noon), ("1.780317296789e12", noon), ("946684800", "946684800000"),
        ("4102444799", "4102444799000"), ("946684800000", "946684800000"),
        ("4102444799999", "4102444799999"), ("946684800000000000", "946684800000"),
        ("4102444799999999999", "4102444799999"),
    ]) func `an epoch time without a unit is read by its magnitude`(
        _ number: String, _ ms: String
    ) throws {
        #expect(try read(number) == ms)
        #expect(try read("\"\(number)\"") == ms)
    }

    @Test(arguments: [
        (FieldMap.Unit.seconds, "1780317296.789"), (.milliseconds, "1780317296789"),
        (.milliseconds, "1780317296789.25"), (.microseconds, "1780317296789001"),
        (.nanoseconds, "1780317296789000001"),
    ]) func `an epoch time is read by its unit, as a number or a text`(
        _ unit: FieldMap.Unit, _ number: String
    ) throws {
        #expect(try read(number, unit: unit) == Self.noon)
        #expect(try read("\"\(number)\"", unit: unit) == Self.noon)
        #expect(try read("\"2026-06-01T12:34:56.789Z\"", unit: unit) == Self.noon)
    }

    @Test(arguments: ["0", "-1", "1", "1e40", "\"0\"", "99999999999999999999"])
    func `an epoch time outside the range is refused`(_ number: String) throws {
        #expect(try read(number) == "bad_time")
    }

    @Test func `a time that cannot be used leaves the field to the next pointer`() throws {
        var map = FieldMap(.stillwatch)
        try map.set("time", pointers: ["/a", "/b", "/c"])
        var decoder = try EventDecoder(fieldMap: map, tracked: .sample)
        for bad in ["0", "\"0\"", "\"\"", "null", "\"x\"", "[]", "true", "\"2026-06-01 12:34:56\""]
        {
            let json = #"{"a":\#(bad),"account":"u","c":1780317296789,"b":\#(bad)}"#
            var ms: Int64 = 0
            let result = decoding(Array(json.utf8), with: &decoder) { ms = $0.time.ms }
            #expect(result == .event && ms == 1_780_317_296_789, "\(bad): \(result)")
        }
    }
}

extension StringProtocol {
    /// The text with zeros behind it.
    fileprivate func padding(to count: Int) -> String {
        self + String(repeating: "0", count: Swift.max(0, count - self.count))
    }
}
