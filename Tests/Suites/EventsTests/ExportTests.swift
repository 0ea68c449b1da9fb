import Events
import Testing

/// OpenTelemetry exports as collectors send them.
@Suite struct ExportTests {
    private static func attribute(_ key: String, _ value: String, _ type: String = "stringValue")
        -> String
    {
        #"{"key":"\#(key)","value":{"\#(type)":"\#(value)"}}"#
    }

    private static func span(_ attributes: [String], _ more: String = "") -> String {
        #"""
        {"traceId":"0af7","spanId":"b7ad","name":"chat m1","kind":3,
        "startTimeUnixNano":"1780317296789000001","endTimeUnixNano":"1780317297689000000"\#(more),
        "attributes":[\#(attributes.joined(separator: ","))]}
        """#
    }

    private static let model = attribute("gen_ai.request.model", "m1")

    private static func user(_ id: String) -> String { attribute("user.id", id) }

    private static func fields(_ json: String) throws -> [[String: String]] {
        var decoder = try EventDecoder(fieldMap: FieldMap(.otelGenAI), tracked: .sample)
        var all: [[String: String]] = []
        Array(json.utf8).withUnsafeBytes { bytes in
            var verdict: Decoded? = decoder.decode(bytes)
            while let each = verdict {
                switch each {
                case .event: all.append(Copied(decoder.event).fields)
                case .rejected(let reason): all.append(["refused": reason.rawValue])
                case .skipped: break
                }
                verdict = decoder.next()
            }
        }
        return all
    }

    /// The fields of one span with these attributes beside a user and a model.
    private static func one(_ attributes: [String], _ more: String = "") throws -> [String: String]
    {
        let json = span([user("u"), model] + attributes, more)
        let all = try fields(#"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(json)]}]}]}"#)
        #expect(all.count == 1)
        return all.first ?? [:]
    }

    @Test func `several resources, scopes and spans give one event a model span`() throws {
        let server = Self.span([Self.attribute("http.request.method", "POST")])
        let json = #"""
            {"resourceSpans":[
            {"resource":{"attributes":[\#(Self.user("r-1")),\#(Self.attribute("session.id", "s-1"))]},
            "scopeSpans":[{"scope":{"name":"x"},"spans":[\#(server),\#(Self.span([Self.model]))]},
            {"spans":[\#(Self.span([Self.model, Self.user("u-2")]))]},{"spans":[]},{}]},
            {"scopeSpans":[{"spans":[\#(Self.span([Self.model, Self.user("u-3")]))]}],"resource":{}},
            {"scopeSpans":[{"spans":[\#(Self.span([Self.model]))]}],
            "resource":{"attributes":[\#(Self.user("r-4"))]}},
            {"scopeSpans":[{"spans":[\#(Self.span([Self.model]))]}]}]}
            """#
        let all = try Self.fields(json)
        #expect(
            all.map { $0["account"] ?? $0["refused"] } == [
                "r-1", "u-2", "u-3", "r-4", "missing_account",
            ])
        #expect(all.map { $0["session"] } == ["s-1", "s-1", nil, nil, nil])
    }

    @Test func `spans that are no requests are skipped and counted`() throws {
        var decoder = try EventDecoder(fieldMap: FieldMap(.otelGenAI), tracked: .sample)
        let tool = Self.span([
            Self.user("u"), Self.attribute("gen_ai.operation.name", "execute_tool"),
        ])
        let server = Self.span([Self.user("u")])
        let json = #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(server),\#(tool)]}]}]}"#
        #expect(RecordsTests.read(json, &decoder) == ["skipped"])
        #expect(decoder.skipped == 2)
        #expect(RecordsTests.read(server, &decoder) == ["skipped"])
        #expect(decoder.skipped == 1)
        #expect(RecordsTests.read(#"{"resourceSpans":[]}"#, &decoder) == ["skipped"])
        #expect(decoder.skipped == 0)
    }

    @Test
    func `log records of several resources are read, at the observed time where there is no other`()
        throws
    {
        func record(_ time: String, _ user: String, _ more: String = "") -> String {
            #"{\#(time),\#(more)"attributes":[\#(Self.user(user)),\#(Self.model)]}"#
        }
        let observed = #""timeUnixNano":"0","observedTimeUnixNano":"1780317296789000000""#
        let json = #"""
            {"resourceLogs":[{"scopeLogs":[{"logRecords":[\#(record(observed, "a")),
            \#(record(#""observedTimeUnixNano":1780317296789000000"#, "b"))]}]},
            {"scopeLogs":[{"logRecords":[\#(record(#""timeUnixNano":"1780317296789000000""#, "c")),
            \#(record(observed, "d", #""eventName":"gen_ai.user.message","#)),
            \#(record(#""timeUnixNano":0"#, "e"))]}]}]}
            """#
        let all = try Self.fields(json)
        #expect(all.map { $0["account"] ?? $0["refused"] } == ["a", "b", "c", "bad_time"])
        #expect(all.prefix(3).allSatisfy { $0["time"] == "1780317296789" })
    }

    @Test(arguments: [
        ("error.type", "429", "429"), ("error.type", "500", "500"),
        ("error.type", "timeout", "500"),
        ("error.type", "RateLimitError", "429"), ("error.type", "ThrottlingException", "429"),
        ("error.type", "too_many_requests", "429"), ("error.type", "_OTHER", "500"),
        ("http.response.status_code", "404", "404"),
    ]) func `errors of attributes are statuses`(_ key: String, _ value: String, _ status: String)
        throws
    {
        #expect(try Self.one([Self.attribute(key, value)])["status"] == status)
    }

    @Test(
        arguments: [
            (#"{"code":2}"#, "500"), (#"{"code":"STATUS_CODE_ERROR"}"#, "500"),
            (#"{"code":1}"#, "200"),
            (#"{"code":"STATUS_CODE_UNSET"}"#, nil), (#"{"code":0}"#, nil), ("{}", nil),
            (#"{"status_code":"ERROR"}"#, "500"), (#"{"message":"x","code":"ERROR"}"#, "500"),
        ] as [(String, String?)]) func `the span's own status is one`(
            _ status: String, _ expected: String?
        ) throws
    {
        #expect(try Self.one([], #","status":\#(status)"#)["status"] == expected)
        let throttled = Self.attribute("error.type", "429")
        #expect(try Self.one([throttled], #","status":\#(status)"#)["status"] == "429")
    }

    @Test func `names of all conventions are read, numbers as text too`() throws {
        let names: [(String, String)] = [
            ("gen_ai.usage.input_tokens", "input_tokens"),
            ("gen_ai.usage.prompt_tokens", "input_tokens"),
            ("gen_ai.usage.output_tokens", "output_tokens"),
            ("gen_ai.usage.completion_tokens", "output_tokens"),
            ("gen_ai.usage.cache_read.input_tokens", "cached_tokens"),
            ("gen_ai.usage.cache_read_input_tokens", "cached_tokens"),
            ("gen_ai.usage.cache_creation.input_tokens", "cached_tokens"),
            ("gen_ai.usage.cache_write.input_tokens", "cached_tokens"),
            ("gen_ai.usage.reasoning.output_tokens", "reasoning_tokens"),
            ("gen_ai.request.max_tokens", "max_tokens"), ("gen_ai.system", "access_path"),
            ("gen_ai.provider.name", "access_path"), ("gen_ai.conversation.id", "session"),
        ]
        for (name, field) in names {
            for type in ["stringValue", "intValue"]
            where type == "stringValue" || field.hasSuffix("tokens") {
                #expect(
                    try Self.one([Self.attribute(name, "812", type)])[field] == "812", "\(name)")
            }
        }
    }

    @Test func `a reading of a cache goes before a writing`() throws {
        let both = [
            Self.attribute("gen_ai.usage.cache_creation.input_tokens", "5"),
            Self.attribute("gen_ai.usage.cache_read.input_tokens", "7"),
        ]
        #expect(try Self.one(both)["cached_tokens"] == "7")
        #expect(try Self.one(both.reversed())["cached_tokens"] == "7")
    }

    @Test func `an export inside an array of exports is read`() throws {
        var map = FieldMap(.otelGenAI)
        map.records = "/exports"
        let span = Self.span([Self.model, Self.user("u")])
        let export = #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(span),\#(span)]}]}]}"#
        let json = #"{"exports":[\#(export),\#(span)]}"#
        #expect(try RecordsTests.read(json, map).map { $0.suffix(1) } == ["u", "u", "u"])
    }
}
