import Events
import Primitives
import Testing

/// Records that hold events rather than being one.
@Suite struct RecordsTests {
    /// What came of a record and its elements, one a line: accounts and reasons, with the element's number.
    static func read(
        _ json: String, _ map: FieldMap, _ tracked: TrackedNames = .sample
    ) throws -> [String] {
        var decoder = try EventDecoder(fieldMap: map, tracked: tracked)
        return read(json, &decoder)
    }

    static func read(_ json: String, _ decoder: inout EventDecoder) -> [String] {
        let bytes = Array(json.utf8)
        return bytes.withUnsafeBytes { bytes in
            var lines: [String] = []
            var verdict: Decoded? = decoder.decode(bytes)
            while let each = verdict {
                let place = decoder.element.map { "\($0) " } ?? ""
                switch each {
                case .event: lines.append(place + (text(decoder.event.account) ?? "?"))
                case .rejected(let reason): lines.append(place + reason.rawValue)
                case .skipped: lines.append("skipped")
                }
                verdict = decoder.next()
            }
            return lines
        }
    }

    static func map(records: String? = nil, embedded: String? = nil) -> FieldMap {
        var map = FieldMap(.stillwatch)
        map.records = records
        map.embedded = embedded
        return map
    }

    static func element(_ account: String) -> String {
        #"{"time":1780317296789,"account":"\#(account)"}"#
    }

    /// A JSON text that holds `json`.
    static func quoted(_ json: String) -> String {
        var writer = JSONWriter()
        writer.value(json)
        return text(writer.buffer.bytes) ?? ""
    }

    @Test func `each element of the array is an event`() throws {
        let all = (0..<3).map { Self.element("u\($0)") }.joined(separator: " , ")
        for (pointer, json) in [
            ("/records", #"{"n":3,"records":[\#(all)],"z":{"records":[1]}}"#),
            ("/a/b/records", #"{"a":{"b":{"records": [ \#(all) ] }}}"#),
            ("/l/1/r", #"{"l":[0,{"r":[\#(all)]}]}"#), ("/l/1", #"{"l":[0,[\#(all)]]}"#),
            ("/a~1b", #"{"a\/b":[\#(all)]}"#),
        ] {
            #expect(
                try Self.read(json, Self.map(records: pointer)) == ["0 u0", "1 u1", "2 u2"],
                "\(json)")
        }
    }

    @Test func `elements that are refused are named, the others go on`() throws {
        let json = #"""
            {"records":[{"time":1780317296789},\#(Self.element("u1")),7,"x",null,[],{},
            {"time":"never","account":"u"},\#(Self.element("u2"))]}
            """#
        #expect(
            try Self.read(json, Self.map(records: "/records")) == [
                "0 missing_account", "1 u1", "2 not_an_object", "3 not_an_object",
                "4 not_an_object", "5 not_an_object", "6 missing_time", "7 bad_time", "8 u2",
            ])
    }

    @Test func `the bytes of an element are lent`() throws {
        var decoder = try EventDecoder(fieldMap: Self.map(records: "/r"), tracked: .sample)
        let json = #"{"r":[ {"a":"\u0041"} , 12 ,"x\n"]}"#
        var bytes: [String] = []
        Array(json.utf8).withUnsafeBytes { record in
            var verdict: Decoded? = decoder.decode(record)
            while verdict != nil {
                bytes.append(text(decoder.elementBytes) ?? "?")
                verdict = decoder.next()
            }
        }
        #expect(bytes == [#"{"a":"\u0041"}"#, "12", #""x\n""#])
    }

    @Test func `a batch without elements is skipped, one that is cut is refused whole`() throws {
        let map = Self.map(records: "/records")
        #expect(try Self.read(#"{"records":[]}"#, map) == ["skipped"])
        #expect(try Self.read(#"{"records":[ ]}"#, map) == ["skipped"])
        let cut = #"{"records":[\#(Self.element("u1")),{"time":1"#
        #expect(try Self.read(cut, map) == ["malformed_json"])
        #expect(try Self.read(#"{"records":[\#(Self.element("u"))]}x"#, map) == ["malformed_json"])
    }

    @Test func `a record without the array may be an event itself`() throws {
        let map = Self.map(records: "/records")
        for extra in ["", #""records":null,"#, #""records":{},"#, #""records":"x","#] {
            let lone = #"{\#(extra)"account":"\u0075","time":1780317296789}"#
            #expect(try Self.read(lone, map) == ["u"])
            #expect(try Self.read(#"{\#(extra)"time":1780317296789}"#, map) == ["no_records"])
        }
        #expect(try Self.read("{}", map) == ["no_records"])
        #expect(try Self.read("[]", map) == ["not_an_object"])
    }

    @Test func `what one element says does not reach the next`() throws {
        let map = Self.map(records: "/r")
        var decoder = try EventDecoder(fieldMap: map, tracked: .sample)
        let json = #"""
            {"r":[{"time":1780317296789,"account":"a","model":"m","fingerprints":{"ip":"1.1.1.1"},
            "signals":{"flag":true},"status":429},{"account":"b","time":1780317296790}]}
            """#
        Array(json.utf8).withUnsafeBytes { record in
            #expect(decoder.decode(record) == .event)
            #expect(Copied(decoder.event).fields.count == 6)
            #expect(decoder.next() == .event)
            #expect(Copied(decoder.event).fields == ["time": "1780317296790", "account": "b"])
            #expect(decoder.next() == nil && decoder.next() == nil)
        }
    }

    @Test func `a document inside a text is the event`() throws {
        let map = Self.map(embedded: "/payload")
        let inner =
            #"{"time":"2026-06-01T12:34:56.789Z","account":"\"ü\" \u00e9\\","x":"{\"y\":1}"}"#
        for json in [
            #"{"ts":1,"payload":\#(Self.quoted(inner))}"#, #"{"payload":\#(inner),"account":"no"}"#,
            #"{"payload":\#(Self.quoted(" \n" + inner + "\n"))}"#,
        ] {
            #expect(try Self.read(json, map) == [#""ü" é\"#], "\(json)")
        }
        #expect(try Self.read(#"{"payload":"no json"}"#, map) == ["malformed_json"])
        #expect(try Self.read(#"{"payload":"[1]"}"#, map) == ["not_an_object"])
        #expect(try Self.read(#"{"payload":"{}"}"#, map) == ["missing_time"])
        for missing in ["{}", #"{"payload":""}"#, #"{"payload":7}"#, #"{"payload":null}"#] {
            #expect(try Self.read(missing, map) == ["no_embedded"])
        }
    }

    @Test func `lists and texts go together in either order`() throws {
        let map = Self.map(records: "/Records", embedded: "/body")
        let a = Self.quoted(Self.element("a"))
        let b = Self.quoted(Self.element("b"))
        // A queue's envelope: each element holds a text.
        let queue = #"{"Records":[{"body":\#(a)},{"no":1},{"body":\#(b)},{"body":"{"}]}"#
        #expect(try Self.read(queue, map) == ["0 a", "1 no_embedded", "2 b", "3 malformed_json"])
        // A shipper's line around a batch.
        let batch = Self.quoted(#"{"Records":[\#(Self.element("a")),{},\#(Self.element("b"))]}"#)
        let line = #"{"body":\#(batch)}"#
        #expect(try Self.read(line, map) == ["0 a", "1 missing_time", "2 b"])
        // Neither more nor less than one event.
        #expect(try Self.read(#"{"body":\#(a)}"#, map) == ["a"])
    }

    @Test func `large batches are read to the end, again and again`() throws {
        var decoder = try EventDecoder(
            fieldMap: Self.map(records: "/records", embedded: "/m"), tracked: .sample)
        for count in [1, 1000, 3, 20_000] {
            let elements = (0..<count).map { i in
                #"{"m":\#(Self.quoted(Self.element("acct_\(i)")))}"#
            }
            let json = #"{"records":[\#(elements.joined(separator: ","))]}"#
            let lines = Self.read(json, &decoder)
            #expect(lines.count == count && lines.last == "\(count - 1) acct_\(count - 1)")
        }
    }

    @Test func `hostile nesting ends`() throws {
        let map = Self.map(records: "/r", embedded: "/m")
        let deep = String(repeating: #"{"r":["#, count: 30) + String(repeating: "]}", count: 30)
        #expect(try !Self.read(deep, map).isEmpty)
        var text = Self.element("a")
        for _ in 0..<8 { text = #"{"m":\#(Self.quoted(text))}"# }
        #expect(try Self.read(text, map).count == 1)
    }

    @Test func `one place cannot be both`() {
        let map = Self.map(records: "/r", embedded: "/r")
        #expect(throws: DecoderConfigurationError.samePlace(pointer: "/r")) {
            _ = try EventDecoder(fieldMap: map)
        }
    }
}
