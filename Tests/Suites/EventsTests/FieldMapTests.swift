import Events
import Testing

@Suite struct FieldMapTests {
    func read(_ json: String, _ map: FieldMap, _ tracked: TrackedNames = .sample) throws -> [String:
        String]
    {
        var decoder = try EventDecoder(fieldMap: map, tracked: tracked)
        var fields: [String: String] = [:]
        let result = decoding(Array(json.utf8), with: &decoder) {
            fields = Copied($0, tracked).fields
        }
        #expect(result == .event, "\(result) \(String(describing: decoder.rejectedField)) \(json)")
        return fields
    }

    /// A map of `time` and `account` with one more field.
    func map(_ field: String, _ pointers: String...) throws -> FieldMap {
        var map = FieldMap()
        try map.set("time", pointers: ["/time"])
        try map.set("account", pointers: ["/account"])
        try map.set(field, pointers: pointers)
        return map
    }

    @Test(arguments: [
        ("/a~1b", #""a/b":"x""#), ("/a~0b", #""a~b":"x""#), ("/~01", #""~1":"x""#),
        ("/", #""":"x""#),
        ("/a//b", #""a":{"":{"b":"x"}}"#), ("/l/1", #""l":["no","x"]"#),
        ("/l/0/m", #""l":[{"m":"x"}]"#),
        ("/l/1", #""l":{"1":"x"}"#), ("/é€", #""\u00e9€":"x""#),
        ("/0/10", #""0":[1,1,1,1,1,1,1,1,1,1,"x"]"#),
        ("/gen_ai.usage.cache_read.input_tokens", #""gen_ai.usage.cache_read.input_tokens":"x""#),
    ]) func `a pointer finds its value`(_ pointer: String, _ member: String) throws {
        #expect(try read(event(member), map("model", pointer))["model"] == "x")
    }

    @Test(arguments: [
        ("/l/01", #""l":["x","x"]"#), ("/l/-", #""l":["x"]"#), ("/l/2", #""l":["x"]"#),
        ("/a/b", #""a":"x""#), ("/a/b", #""a":[{"b":"x"}]"#), ("/a", #""b":"x""#),
    ]) func `a pointer to nothing is a missing field`(_ pointer: String, _ member: String) throws {
        #expect(try read(event(member), map("model", pointer))["model"] == nil)
    }

    @Test func `the first pointer present wins in any order of members`() throws {
        let map = try map("model", "/a", "/b", "/c/d")
        for members in [#""b":"2","a":"1""#, #""a":"1","c":{"d":"3"},"b":"2""#] {
            #expect(try read(event(members), map)["model"] == "1")
        }
        #expect(try read(event(#""c":{"d":"3"},"a":null,"b":"2""#), map)["model"] == "2")
        #expect(try read(event(#""c":{"d":"3"},"a":"","b":null"#), map)["model"] == "3")
    }

    @Test func `one value may feed several fields`() throws {
        var map = try map("organization", "/tenant")
        try map.set("api_key", pointers: ["/tenant"])
        try map.set("fingerprints.payment", pointers: ["/tenant"])
        let fields = try read(event(#""tenant":"t""#), map)
        #expect(fields["organization"] == "t" && fields["api_key"] == "t")
        #expect(fields["fingerprints.payment"] == "t")
    }

    @Test func `own pointers on top of a preset replace its pointers`() throws {
        var map = FieldMap(.stillwatch)
        try map.set("account", pointers: ["/tenant/id"])
        try map.set("fingerprints.ip", pointers: ["/client/ip"])
        try map.set("signals.flag", pointers: ["/client/vpn"])
        let json = event(
            #""tenant":{"id":"t1"},"client":{"ip":"2.2.2.2","vpn":true},"fingerprints":{"ip":"1.1.1.1"}"#
        )
        let fields = try read(json, map)
        #expect(fields["account"] == "t1")
        #expect(fields["fingerprints.ip"] == "2.2.2.2")
        #expect(fields["signals.flag"] == "true")
    }

    @Test func `units are converted`() throws {
        var map = try map("time", "/start")
        try map.set("time", pointers: ["/start"], unit: .seconds)
        try map.set("latency_ms", pointers: ["/took"], unit: .seconds)
        let json = #"{"account":"a","start":1780317296.7894,"took":1.2345}"#
        let fields = try read(json, map)
        #expect(fields["time"] == "1780317296789")
        #expect(fields["latency_ms"] == "1234")
        try map.set("latency_ms", pointers: ["/no", "/took"], unit: .microseconds)
        let finer = #"{"account":"a","start":"2026-06-01T12:34:56Z","took":"8200.9"}"#
        #expect(try read(finer, map)["latency_ms"] == "8")
    }

    @Test(
        arguments: [
            ("\"success\"", "200"), ("\"Failure\"", "500"), ("\"error\"", "500"), ("2", "500"),
            ("1", "200"), ("0", nil), ("404", "404"), ("\"429\"", "429"), ("\"unset\"", nil),
            ("\"rate_limited\"", "429"), ("\"Rate Limit\"", "429"), ("true", nil),
        ] as [(String, String?)]) func `an outcome is a status`(_ json: String, _ status: String?)
        throws
    {
        var map = try map("model", "/model")
        try map.set("status", pointers: ["/end"], unit: .outcome)
        #expect(try read(event("\"end\":\(json)"), map)["status"] == status)
    }

    @Test func `bad configuration is refused with its reason`() throws {
        typealias Problem = DecoderConfigurationError
        func refused(_ field: String, _ pointer: String) throws -> Problem? {
            guard case .failure(let error) = Result(catching: { try map(field, pointer) }) else {
                return nil
            }
            return error as? Problem
        }
        func bad(_ pointer: String, _ problem: Problem.PointerProblem, _ field: String = "model")
            -> Problem
        {
            .badPointer(field: field, pointer: pointer, problem: problem)
        }
        #expect(try refused("nothing", "/x") == .unknownField("nothing"))
        #expect(try refused("fingerprints.", "/x") == .unknownField("fingerprints."))
        #expect(try refused("model", "x") == bad("x", .noLeadingSlash))
        #expect(try refused("model", "") == bad("", .noLeadingSlash))
        #expect(try refused("model", "/a~2") == bad("/a~2", .badEscape))
        #expect(try refused("model", "/a~") == bad("/a~", .badEscape))
        let deep = String(repeating: "/a", count: 33)
        #expect(try refused("model", deep) == bad(deep, .tooDeep))
        #expect(try refused("time", "seconds:/x") == bad("seconds:/x", .noLeadingSlash, "time"))
        var timed = try map("model", "/m")
        #expect(throws: bad("/x", .unitNotAllowed)) {
            try timed.set("model", pointers: ["/x"], unit: .seconds)
        }
        #expect(throws: Problem.unknownPreset("x")) { try FieldMap(preset: "x") }
        #expect(throws: Problem.requiredFieldUnmapped("time")) {
            _ = try EventDecoder(fieldMap: FieldMap())
        }
        #expect(throws: Problem.tooManyTracked(65)) {
            _ = try EventDecoder(tracked: TrackedNames(kinds: (0..<65).map { "k\($0)" }))
        }
        #expect(throws: Problem.badTrackedName("a")) {
            _ = try EventDecoder(tracked: TrackedNames(signals: ["a", "a"]))
        }
        var twice = FieldMap(.stillwatch)
        try twice.set("signals", pointers: ["/fingerprints"])
        #expect(throws: Problem.conflictingMaps(pointer: "/fingerprints")) {
            _ = try EventDecoder(fieldMap: twice)
        }
        var many = FieldMap(.stillwatch)
        try many.set("model", pointers: (0..<33).map { "/m\($0)" })
        #expect(throws: Problem.tooManyPointers(field: "model")) {
            _ = try EventDecoder(fieldMap: many)
        }
        #expect("\(Problem.unknownPreset("x"))".contains("otel-genai"))
    }

    @Test func `sixty-four tracked names are told apart`() throws {
        let kinds = (0..<64).map { "a_rather_long_kind_name_\($0)_with_a_long_tail" }
        for first in stride(from: 0, to: 64, by: 16) {
            let chosen = kinds[first..<first + 16]
            let members = chosen.map { "\"\($0)\":\"\($0)!\"" }.joined(separator: ",")
            let fields = try read(
                event("\"fingerprints\":{\(members)}"), FieldMap(.stillwatch),
                TrackedNames(kinds: kinds))
            #expect(fields.count == 18)
            #expect(chosen.allSatisfy { fields["fingerprints.\($0)"] == "\($0)!" })
        }
    }
}
