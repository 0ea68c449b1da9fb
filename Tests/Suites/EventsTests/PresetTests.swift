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

    @Test func `a row of LiteLLM's table of spend logs is read`() throws {
        let json = #"""
            {"request_id":"chatcmpl-2","call_type":"acompletion","api_key":"88dc28","spend":0.0002,
            "total_tokens":40,"prompt_tokens":30,"completion_tokens":10,"startTime":"2026-06-01 12:34:56.789",
            "endTime":"2026-06-01 12:34:58.1","model":"gpt-4o","user":"u-1","end_user":"eu-1",
            "requester_ip_address":"198.51.100.4","session_id":"s-1","custom_llm_provider":"openai",
            "metadata":{"status":"success","user_api_key_team_id":"t-1"},"team_id":"t-1"}
            """#
        let expected = [
            "time": "1780317296789", "account": "u-1", "id": "chatcmpl-2", "api_key": "88dc28",
            "model": "gpt-4o", "operation": "acompletion", "input_tokens": "30",
            "output_tokens": "10", "end_user": "eu-1", "session": "s-1", "access_path": "openai",
            "status": "200", "fingerprints.ip": "198.51.100.4",
        ]
        #expect(try read(json, .litellm) == expected)
        let failed = json.replacing(#""status":"success""#, with: #""status":"failure""#)
        #expect(try read(failed, .litellm)["status"] == "500")
        let number = json.replacing(#""2026-06-01 12:34:56.789""#, with: "\"1780317296.789\"")
        #expect(try read(number, .litellm)["time"] == "1780317296789")
    }

    @Test(arguments: [
        (#"{"error_code":null,"error_class":"APIConnectionError"}"#, "500"),
        (#"{"error_code":"429","error_class":"RateLimitError"}"#, "429"),
        (#"{"error_code":"","error_class":"RateLimitError"}"#, "429"),
        (#"{"error_code":500}"#, "500"), ("{}", "500"), ("null", "500"),
    ]) func `a LiteLLM failure is an error whatever it tells of itself`(
        _ error: String, _ status: String
    ) throws {
        let json = #"""
            {"startTime":"1780317296.789","end_user":"","status":"failure","error_information":\#(error),
            "metadata":{"user_api_key_hash":"88"}}
            """#
        let fields = try read(json, .litellm)
        #expect(fields["status"] == status && fields["time"] == "1780317296789")
    }

    @Test(arguments: [
        ("ThrottlingException", "429"), ("ServiceQuotaExceededException", "429"),
        ("TooManyRequestsException", "429"), ("ValidationException", "500"),
        ("ModelErrorException", "500"), ("AccessDeniedException", "500"),
    ]) func `a Bedrock error is an error, throttling is told apart`(
        _ code: String, _ status: String
    ) throws {
        let json = #"""
            {"timestamp":"2026-06-01T12:34:56Z","accountId":"1","identity":{"arn":"arn:aws:iam::1:user/d"},
            "requestId":"r2","operation":"InvokeModel","modelId":"m1","errorCode":"\#(code)"}
            """#
        #expect(try read(json, .bedrock)["status"] == status)
    }

    @Test func `sessions of a Bedrock role may be one account`() throws {
        var map = FieldMap(.bedrock)
        map.mergeRoleSessions()
        var decoder = try EventDecoder(fieldMap: map, tracked: .sample)
        for (arn, account) in [
            ("arn:aws:sts::1:assumed-role/R/s-1", "arn:aws:sts::1:assumed-role/R"),
            ("arn:aws:sts::1:assumed-role/p/R/s@x", "arn:aws:sts::1:assumed-role/p/R"),
            ("arn:aws-us-gov:sts::1:assumed-role/R/s", "arn:aws-us-gov:sts::1:assumed-role/R"),
            ("arn:aws:sts::1:assumed-role/R", "arn:aws:sts::1:assumed-role/R"),
            ("arn:aws:iam::1:user/d/x", "arn:aws:iam::1:user/d/x"),
        ] {
            let json = #"{"timestamp":"2026-06-01T12:34:56Z","identity":{"arn":"\#(arn)"}}"#
            var read: String?
            _ = decoding(Array(json.utf8), with: &decoder) { read = text($0.account) }
            #expect(read == account)
        }
    }

    @Test func `an OCSF API activity with an AI operation is read`() throws {
        let json = #"""
            {"class_uid":6003,"category_uid":6,"activity_id":1,"type_uid":600301,"time":1780317296789,
            "severity_id":1,"status_id":2,"status":"Failure","status_code":"ThrottlingException",
            "metadata":{"version":"1.8.0","uid":"e-1","profiles":["ai_operation"],"tenant_uid":"t"},
            "actor":{"user":{"uid":"u-1","name":"dana","org":{"uid":"o-1"},"credential_uid":"k-1"},
            "session":{"uid":"s-1"}},"api":{"operation":"Converse","service":{"name":"bedrock"}},
            "src_endpoint":{"ip":"203.0.113.7"},"http_request":{"user_agent":"boto3/1"},"duration":812,
            "ai_model":{"name":"m1","ai_provider":"p1","uid":"m1-v1"},
            "message_context":{"prompt_tokens":801,"completion_tokens":92,"total_tokens":893}}
            """#
        #expect(
            try read(json, .ocsf) == [
                "time": "1780317296789", "account": "u-1", "id": "e-1", "organization": "o-1",
                "api_key": "k-1", "session": "s-1", "access_path": "p1", "model": "m1",
                "operation": "Converse", "status": "429", "input_tokens": "801",
                "output_tokens": "92", "latency_ms": "812", "fingerprints.ip": "203.0.113.7",
                "fingerprints.user_agent": "boto3/1",
            ])
        let good = json.replacing(
            #""status_code":"ThrottlingException""#, with: #""status_code":"0""#)
        #expect(try read(good, .ocsf)["status"] == "500")
        let other =
            #"{"class_uid":6003,"time":1780317296789,"actor":{"user":{"uid":"u"}},"api":{}}"#
        #expect(try verdict(other, .ocsf) == .skipped)
    }
}
