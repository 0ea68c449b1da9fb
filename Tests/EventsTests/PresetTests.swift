import Events
import Testing

/// Each preset on a document as its producer writes it.
@Suite struct PresetTests {
    func read(_ json: String, _ preset: FieldMap.Preset) throws -> [String: String] {
        var decoder = try EventDecoder(fieldMap: FieldMap(preset), tracked: .sample)
        var fields: [String: String] = [:]
        let result = decoding(Array(json.utf8), with: &decoder) { fields = Copied($0).fields }
        #expect(result == .event, "\(result) \(String(describing: decoder.rejectedField))")
        return fields
    }

    static let genAI = [
        "time": "1780317296789", "account": "user-17", "id": "chatcmpl-9J3u",
        "session": "conv_5j66",
        "access_path": "openai", "model": "gpt-4o", "operation": "chat", "input_tokens": "811",
        "output_tokens": "92", "cached_tokens": "640", "reasoning_tokens": "64",
        "max_tokens": "1024", "status": "429", "fingerprints.ip": "203.0.113.7",
        "fingerprints.payment": "pm_1",
        "fingerprints.user_agent": "OpenAI/Python 1.2",
    ]

    static let attributes: [(String, String, String)] = [
        ("gen_ai.operation.name", "stringValue", "\"chat\""),
        ("gen_ai.provider.name", "stringValue", "\"openai\""),
        ("gen_ai.request.model", "stringValue", "\"gpt-4o\""),
        ("gen_ai.response.model", "stringValue", "\"gpt-4o-2024-08-06\""),
        ("gen_ai.response.id", "stringValue", "\"chatcmpl-9J3u\""),
        ("gen_ai.conversation.id", "stringValue", "\"conv_5j66\""),
        ("gen_ai.request.max_tokens", "intValue", "1024"),
        ("gen_ai.request.temperature", "doubleValue", "0.5"),
        ("gen_ai.usage.input_tokens", "intValue", "811"),
        ("gen_ai.usage.output_tokens", "intValue", "92"),
        ("gen_ai.usage.cache_read.input_tokens", "intValue", "640"),
        ("gen_ai.usage.reasoning.output_tokens", "intValue", "64"),
        ("user.id", "stringValue", "\"user-17\""),
        ("client.address", "stringValue", "\"203.0.113.7\""),
        ("user_agent.original", "stringValue", "\"OpenAI/Python 1.2\""),
        ("stillwatch.fingerprints.payment", "stringValue", "\"pm_1\""),
        ("error.type", "stringValue", "\"429\""),
    ]

    static var flatAttributes: String {
        attributes.map { "\"\($0.0)\":\($0.2)" }.joined(separator: ",")
    }

    /// OTLP JSON: 64-bit integers are texts.
    static func listed(valueFirst: Bool) -> String {
        let lists =
            #",{"key":"gen_ai.response.finish_reasons","value":{"arrayValue":{"values":["#
            + #"{"stringValue":"stop"}]}}}"#
        return attributes.map { name, type, value in
            let written = type == "intValue" ? "\"\(value)\"" : value
            let pair = ["\"key\":\"\(name)\"", "\"value\":{\"\(type)\":\(written)}"]
            return "{\((valueFirst ? pair.reversed() : pair).joined(separator: ","))}"
        }.joined(separator: ",") + lists
    }

    @Test func `OpenTelemetry attributes are read flat, nested and as key-value lists`() throws {
        let documents = [
            #"{"timestamp":"2026-06-01T12:34:56.789Z",\#(Self.flatAttributes)}"#,
            #"""
            {"name":"chat gpt-4o","context":{"trace_id":"0x1","span_id":"0x2"},"kind":"SpanKind.CLIENT",
            "start_time":"2026-06-01T12:34:56.789000Z","end_time":"2026-06-01T12:34:58.000000Z",
            "status":{"status_code":"UNSET"},"attributes":{\#(Self.flatAttributes)},"events":[]}
            """#,
            #"""
            {"traceId":"5b8e","spanId":"eee1","name":"chat gpt-4o","kind":3,
            "startTimeUnixNano":"1780317296789000001","endTimeUnixNano":"1780317298000000000",
            "attributes":[\#(Self.listed(valueFirst: false))],"status":{}}
            """#,
            #"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gw"}}]},
            "scopeSpans":[{"scope":{"name":"openai"},"spans":[{"spanId":"eee1",
            "startTimeUnixNano":"1780317296789000001",
            "attributes":[\#(Self.listed(valueFirst: true))]}]}]}]}
            """#,
            #"""
            {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1780317296789000001,
            "eventName":"gen_ai.client.inference.operation.details",
            "attributes":[\#(Self.listed(valueFirst: false))]}]}]}]}
            """#,
        ]
        for document in documents { #expect(try read(document, .otelGenAI) == Self.genAI) }
    }

    @Test func `an export of several spans is refused, not read in part`() throws {
        let json = #"{"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]}]}]}"#
        #expect(try verdict(json, .otelGenAI) == .rejected(.unknownSchema))
        #expect(try verdict(#"{"resourceSpans":[{},{}]}"#, .otelGenAI) == .rejected(.unknownSchema))
    }

    @Test func `of an attribute given twice the last counts, and a list is no text`() throws {
        let first = #"{"key":"user.id","value":{"stringValue":"u"}}"#
        let last = #"{"value":{"stringValue":"v"},"key":"user.id"}"#
        let list = #"{"key":"gen_ai.request.model","value":{"arrayValue":{"values":[{}]}}}"#
        let json = #"{"timestamp":1780000000000,"attributes":[\#(first),\#(list),\#(last)]}"#
        #expect(
            try read(json, .otelGenAI) == ["time": "1780000000000", "account": "v"])
    }

    @Test func `a LiteLLM payload is read`() throws {
        let json = #"""
            {"id":"chatcmpl-1","trace_id":"t-1","call_type":"acompletion","stream":false,"response_cost":0.00021,
            "status":"failure","custom_llm_provider":"anthropic","total_tokens":40,"prompt_tokens":30,
            "completion_tokens":10,"startTime":1780317296.789,"endTime":1780317298.1,
            "completionStartTime":1780317297.2,"response_time":1.311,"model_map_information":
            {"model_map_key":"claude","model_map_value":null},"model":"claude-sonnet","model_id":"m",
            "model_group":"sonnet","api_base":"https://api","metadata":{"user_api_key_hash":"88dc28",
            "user_api_key_alias":null,"user_api_key_team_id":"team-1","user_api_key_org_id":"org-1",
            "user_api_key_user_id":"user-9","user_api_key_team_alias":null,"spend_logs_metadata":null,
            "requester_ip_address":"198.51.100.4","usage_object":{"prompt_tokens_details":
            {"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":4}}},"cache_hit":null,
            "request_tags":["User-Agent: x"],"end_user":"","requester_ip_address":null,"messages":
            [{"role":"user","content":"hi \u00e9"}],"response":null,"error_str":"rate \"limited\"",
            "error_information":{"error_code":"429","error_class":"RateLimitError"},
            "model_parameters":{"max_tokens":256,"temperature":0.1},"hidden_params":{}}
            """#
        #expect(
            try read(json, .litellm) == [
                "time": "1780317296789", "account": "user-9", "id": "chatcmpl-1", "session": "t-1",
                "organization": "org-1", "api_key": "88dc28", "access_path": "anthropic",
                "model": "claude-sonnet", "operation": "acompletion", "status": "429",
                "input_tokens": "30", "output_tokens": "10", "cached_tokens": "16",
                "reasoning_tokens": "4", "max_tokens": "256", "latency_ms": "1311",
                "fingerprints.ip": "198.51.100.4",
            ])
    }

    @Test func `a Bedrock invocation log is read`() throws {
        let json = #"""
            {"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-06-01T12:34:56Z",
            "accountId":"123456789012","identity":{"arn":"arn:aws:sts::123456789012:assumed-role/r/s"},
            "region":"us-east-1","requestId":"915a6a04","operation":"Converse","modelId":"claude-v1:0",
            "input":{"inputContentType":"application/json","inputBodyJson":{"messages":[{"role":"user",
            "content":[{"text":"xxxx"}]}],"inferenceConfig":{"maxTokens":512}},"inputTokenCount":35,
            "cacheReadInputTokenCount":7},"output":{"outputContentType":"application/json",
            "outputBodyJson":{"output":{"message":{}},"metrics":{"latencyMs":3640}},
            "outputTokenCount":446}}
            """#
        let expected = [
            "time": "1780317296000", "account": "arn:aws:sts::123456789012:assumed-role/r/s",
            "organization": "123456789012", "id": "915a6a04", "access_path": "us-east-1",
            "model": "claude-v1:0", "operation": "Converse", "input_tokens": "35",
            "output_tokens": "446", "cached_tokens": "7", "max_tokens": "512", "latency_ms": "3640",
        ]
        #expect(try read(json, .bedrock) == expected)
        let streamed = json.replacing(
            #""outputBodyJson":{"output":{"message":{}},"metrics":{"latencyMs":3640}}"#,
            with: #""outputBodyJson":[{"chunk":1}]"#)
        #expect(try read(streamed, .bedrock)["latency_ms"] == nil)
    }
}
