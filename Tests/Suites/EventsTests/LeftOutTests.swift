import Events
import Testing

/// What becomes of values that a field cannot have: the table of the event reference.
@Suite struct LeftOutTests {
    /// The fields of an event with `extra` members, and what is noted about them as `field:flaw`.
    func read(
        _ extra: String, map: FieldMap = FieldMap(.stillwatch)
    ) throws -> (fields: [String: String], flaws: [String]) {
        var decoder = try EventDecoder(fieldMap: map, tracked: .sample)
        var fields: [String: String] = [:]
        var flaws: [String] = []
        let result = decoding(Array(event(extra).utf8), with: &decoder) {
            fields = Copied($0).fields
            flaws = Self.flaws(of: $0)
        }
        #expect(result == .event, "\(extra.prefix(100))")
        #expect(fields.removeValue(forKey: "time") == "1780000000000")
        #expect(fields.removeValue(forKey: "account") == "a1")
        return (fields, flaws)
    }

    static func flaws(of event: Event) -> [String] {
        EventField.allCases.flatMap { field in
            FieldFlaw.allCases.filter { event.flaws(of: field).contains($0) }
                .map { "\(field.name):\($0.name)" }
        }
    }

    static let leftOut: [(String, String)] = [
        ("\"max_tokens\":-1", "max_tokens:negative"),
        ("\"max_tokens\":\"-0.5\"", "max_tokens:negative"),
        ("\"latency_ms\":5e9", "latency_ms:range"),
        ("\"status\":-99999999999999999999", "status:range"),
        ("\"input_tokens\":1e400", "input_tokens:range"), ("\"turn\":true", "turn:wrong_type"),
        ("\"turn\":\"x\"", "turn:wrong_type"), ("\"turn\":\"-\"", "turn:placeholder"),
        ("\"turn\":[1]", "turn:wrong_type"), ("\"model\":{\"a\":[]}", "model:wrong_type"),
        ("\"model\":false", "model:wrong_type"), ("\"model\":\"N/A \"", "model:placeholder"),
        ("\"end_user\":\"  \"", "end_user:placeholder"),
        ("\"account_created\":1", "account_created:bad_time"),
        ("\"account_created\":\"soon\"", "account_created:bad_time"),
        ("\"account_created\":{}", "account_created:wrong_type"),
        ("\"account_created\":\"nil\"", "account_created:placeholder"),
        ("\"fingerprints\":\"x\"", "fingerprints:wrong_type"),
        ("\"fingerprints\":[{}]", "fingerprints:wrong_type"),
        ("\"signals\":7", "signals:wrong_type"),
        ("\"fingerprints\":{\"device\":true}", "fingerprints:wrong_type"),
        ("\"fingerprints\":{\"other\":{\"ip\":\"x\"}}", "fingerprints:wrong_type"),
        ("\"fingerprints\":{\"device\":\"(None)\"}", "fingerprints:placeholder"),
        ("\"signals\":{\"task\":[]}", "signals:wrong_type"),
        ("\"signals\":{\"task\":\"unknown\"}", "signals:placeholder"),
    ]

    @Test(arguments: leftOut) func `a value that cannot be used is left out and noted`(
        _ extra: String, _ flaw: String
    ) throws {
        let (fields, flaws) = try read(extra)
        #expect(fields.isEmpty, "\(extra)")
        #expect(flaws == [flaw], "\(extra)")
    }

    static let kept: [(String, String, [String])] = [
        ("\"end_user\":7", "end_user=7", []), ("\"session\":6.40e1", "session=64", []),
        ("\"plan\":4.50", "plan=4.5", []), ("\"plan\":-0.0", "plan=0", []),
        ("\"plan\":123456789012345678901234567890", "plan=123456789012345678901234567890", []),
        ("\"plan\":1e400", "plan=1e400", []), ("\"plan\":12e-4", "plan=0.0012", []),
        ("\"status\":\"200\"", "status=200", []), ("\"latency_ms\":12.7", "latency_ms=12", []),
        ("\"fingerprints\":{\"device\":64500}", "fingerprints.device=64500", []),
        ("\"signals\":{\"score\":0.999}", "signals.score=0.999", []),
        ("\"signals\":{\"flag\":true}", "signals.flag=true", []),
        ("\"signals\":{\"score\":5e9}", "signals.score=5000000000", ["signals:range"]),
        ("\"model\":\"\\ud800\"", "model=\u{FFFD}", ["model:invalid_utf8"]),
        ("\"turn\":1,\"turn\":2", "turn=2", ["turn:repeated"]),
        ("\"turn\":1,\"turn\":2,\"turn\":3", "turn=3", ["turn:repeated"]),
        (
            "\"fingerprints\":{\"device\":\"a\"},\"fingerprints\":{\"payment\":\"b\"}",
            "fingerprints.payment=b", ["fingerprints:repeated"]
        ),
        (
            "\"fingerprints\":{\"device\":\"a\\n\",\"devic\\u0065\":\"b\\n\"}",
            "fingerprints.device=b\n", ["fingerprints:repeated"]
        ),
    ]

    @Test(arguments: kept) func `a value that can be used is`(
        _ extra: String, _ expected: String, _ noted: [String]
    ) throws {
        let (fields, flaws) = try read(extra)
        #expect(fields.map { "\($0.key)=\($0.value)" } == [expected], "\(extra)")
        #expect(flaws == noted, "\(extra)")
    }

    @Test func `the last of several values counts, also where it is none`() throws {
        let (fields, flaws) = try read(
            #""model":"a","model":null,"turn":1,"turn":"x","fingerprints":{"device":"d","device":{}}"#
        )
        #expect(fields.isEmpty)
        #expect(
            Set(flaws) == [
                "model:repeated", "turn:repeated", "turn:wrong_type", "fingerprints:repeated",
                "fingerprints:wrong_type",
            ])
    }

    @Test func `repeated names on several levels are settled`() throws {
        var map = FieldMap(.stillwatch)
        try map.set("model", pointers: ["/m/a/b", "/m/c", "/plan"])
        let inner = #"{"b":"x","b":null}"#
        let json =
            #""m":{"c":"0"},"m":{"a":{"b":"w"},"a":\#(inner),"c":"y","c":"\u0079z"},"plan":"p""#
        #expect(try read(json, map: map).fields["model"] == "yz")
        #expect(try read(json + #","m":null"#, map: map).fields["model"] == "p")
    }

    @Test func `accounts are read from numbers and keep their differences when they are long`()
        throws
    {
        var decoder = try EventDecoder(tracked: .sample)
        func account(_ literal: String) -> String? {
            var found: String?
            let json = event().replacing("\"a1\"", with: literal)
            _ = decoding(Array(json.utf8), with: &decoder) { found = text($0.account) }
            return found
        }
        #expect(account("17") == "17")
        #expect(account("1.7e1") == "17")
        let long = String(repeating: "é", count: 200)
        let first = try #require(account("\"\(long)a\""))
        #expect(account("\"\(long)a\"") == first)
        #expect(account("\"\(long)b\"") != first)
        #expect(
            first.utf8.count <= 256 && first.hasPrefix(String(repeating: "é", count: 111) + "~"))
        #expect(account("\"\(String(repeating: "x", count: 256))\"")?.utf8.count == 256)
    }

    @Test func `long fingerprints keep their differences, escaped or not`() throws {
        let long = String(repeating: "x", count: 600)
        let plain = try read("\"fingerprints\":{\"user_agent\":\"\(long)\"}")
        let escaped = try read("\"fingerprints\":{\"user_agent\":\"\\u0078\(long.dropLast())\"}")
        let other = try read("\"fingerprints\":{\"user_agent\":\"\(long)y\"}")
        #expect(plain == escaped)
        #expect(plain.flaws == ["fingerprints:shortened"])
        #expect(plain.fields != other.fields)
        #expect(plain.fields["fingerprints.user_agent"]?.utf8.count == 512)
    }

    @Test func `what rules use is kept behind any number of other members`() throws {
        let crowd = (0..<100).map { "\"k\($0)\":\"v\"" }.joined(separator: ",")
        let (fields, flaws) = try read(
            "\"fingerprints\":{\(crowd),\"device\":\"d\"},\"signals\":{\(crowd),\"task\":\"t\"}")
        #expect(fields == ["fingerprints.device": "d", "signals.task": "t"])
        #expect(flaws.isEmpty)
    }

    @Test func `bytes that are not UTF-8 become U+FFFD`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        for bad: [UInt8] in [[0xFF], [0xED, 0xA0], [0xE2, 0x82], [0xF5], [0xC3]] {
            let bytes =
                Array("{\"x\":\"".utf8) + bad + Array("\",\"model\":\"m".utf8) + bad
                + Array("\",".utf8) + Array(event().utf8.dropFirst())
            let result = decoding(bytes, with: &decoder) {
                #expect(text($0.string(.model))?.hasPrefix("m\u{FFFD}") == true)
                #expect(Self.flaws(of: $0) == ["model:invalid_utf8"])
            }
            #expect(result == .event)
        }
    }

    @Test func `the list of placeholders can be replaced`() throws {
        var map = FieldMap(.stillwatch)
        map.placeholders = ["Anonymous", "0"]
        let (fields, flaws) = try read(
            #""model":"-","plan":"anonymouS","end_user":0,"session":""#
                + String(repeating: "x", count: 70) + "\"", map: map)
        #expect(fields.keys.sorted() == ["model", "session"])
        #expect(Set(flaws) == ["end_user:placeholder", "plan:placeholder"])
    }

    @Test func `a signal's number is rounded to thousandths`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        let numbers: [(String, Int64?)] = [
            ("0.999", 999), ("0.0004", 0), ("0.0005", 1), ("-0.0005", -1), ("-2.71828", -2718),
            ("true", 1000), ("false", 0), ("\"0.5\"", 500), ("\"high\"", nil), ("1e3", 1_000_000),
            ("1e300", 4_294_967_295_000), ("-5e9", -4_294_967_295_000), ("1e-300", 0),
        ]
        for (literal, expected) in numbers {
            let json = event("\"signals\":{\"score\":\(literal)}")
            let result = decoding(Array(json.utf8), with: &decoder) {
                #expect($0.signalThousandths(0) == expected, "\(literal)")
            }
            #expect(result == .event)
        }
    }

    @Test(arguments: [
        ("198.51.100.7", "198.51.100.7"), ("198.51.100.7:51234", "198.51.100.7"),
        (" 198.51.100.7 ", "198.51.100.7"), ("::ffff:198.51.100.7", "198.51.100.7"),
        ("[::FFFF:c633:6407]:443", "198.51.100.7"), ("198.51.100.7/32", "198.51.100.7"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1%eth0]:80", "2001:db8::1"), ("fe80::1%25eth0", "fe80::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::", "::"), ("1::", "1::"),
        ("2001:0db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("::1.2.3.4", "::102:304"),
        ("unknown, 198.51.100.7:80 , 10.0.0.1", "198.51.100.7"), ("10.0.0.1,", "10.0.0.1"),
        ("not an address", "not an address"), ("010.0.0.1", "010.0.0.1"), ("1.2.3", "1.2.3"),
        ("1.2.3.4:port", "1.2.3.4:port"), ("h:5f3e", "h:5f3e"), ("1.2.3.256", "1.2.3.256"),
    ]) func `one address is one value`(_ written: String, _ expected: String) throws {
        let (fields, flaws) = try read("\"fingerprints\":{\"ip\":\"\(written)\"}")
        #expect(fields == ["fingerprints.ip": expected])
        #expect(flaws.isEmpty)
    }

    @Test func `the last of a list of addresses can count`() throws {
        var map = FieldMap(.stillwatch)
        map.ipList = .last
        let json = #""fingerprints":{"ip":"198.51.100.7, 10.0.0.1, -","device":"1.2.3.4:5"}"#
        let fields = try read(json, map: map).fields
        #expect(fields == ["fingerprints.ip": "10.0.0.1", "fingerprints.device": "1.2.3.4:5"])
    }
}
