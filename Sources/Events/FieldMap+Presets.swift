extension FieldMap {
    /// Shapes that are known out of the box.
    public enum Preset: String, CaseIterable, Sendable {
        /// The canonical event.
        case stillwatch
        /// OpenTelemetry GenAI semantic conventions: attributes flat at the top, as an object, or as OTLP
        /// key/value lists; a span or log record, or an OTLP/JSON export of exactly one.
        case otelGenAI = "otel-genai"
        /// LiteLLM's StandardLoggingPayload.
        case litellm
        /// Amazon Bedrock's model invocation log.
        case bedrock
    }

    /// The preset called `name`.
    ///
    /// - Throws: `unknownPreset`.
    public init(preset name: String) throws(DecoderConfigurationError) {
        guard let preset = Preset(rawValue: name) else { throw .unknownPreset(name) }
        self.init(preset)
    }

    /// The map of a preset.
    public init(_ preset: Preset) {
        self.init()
        switch preset {
        case .stillwatch: addCanonical()
        case .otelGenAI: addOpenTelemetry()
        case .litellm: addLiteLLM()
        case .bedrock: addBedrock()
        }
    }

    private mutating func set(_ field: EventField, _ sources: Source...) {
        set(.field(field), sources)
    }

    private mutating func addCanonical() {
        for field in EventField.allCases { set(field, Source("/\(field.name)")) }
    }

    private mutating func addLiteLLM() {
        set(.time, Source("/startTime", .seconds))
        set(
            .account, Source("/metadata/user_api_key_user_id"),
            Source("/metadata/user_api_key_team_id"), Source("/metadata/user_api_key_hash"))
        set(.id, Source("/id"))
        set(.organization, Source("/metadata/user_api_key_org_id"))
        set(.endUser, Source("/end_user"), Source("/metadata/user_api_key_end_user_id"))
        set(.apiKey, Source("/metadata/user_api_key_hash"))
        set(.session, Source("/trace_id"))
        set(.accessPath, Source("/custom_llm_provider"))
        set(.model, Source("/model"), Source("/model_group"))
        set(.operation, Source("/call_type"))
        set(.status, Source("/error_information/error_code", .decimal))
        set(.inputTokens, Source("/prompt_tokens"))
        set(.outputTokens, Source("/completion_tokens"))
        let usage = "/metadata/usage_object"
        set(.cachedTokens, Source("\(usage)/prompt_tokens_details/cached_tokens"))
        set(.reasoningTokens, Source("\(usage)/completion_tokens_details/reasoning_tokens"))
        set(
            .maxTokens, Source("/model_parameters/max_tokens"),
            Source("/model_parameters/max_completion_tokens"))
        set(.latencyMs, Source("/response_time", .seconds))
        set(
            .fingerprint("ip"),
            [Source("/requester_ip_address"), Source("/metadata/requester_ip_address")])
        set(.fingerprint("user_agent"), [Source("/user_agent"), Source("/metadata/user_agent")])
    }

    private mutating func addBedrock() {
        set(.time, Source("/timestamp"))
        set(.account, Source("/identity/arn"), Source("/accountId"))
        set(.id, Source("/requestId"))
        set(.organization, Source("/accountId"))
        set(.accessPath, Source("/region"))
        set(.model, Source("/modelId"))
        set(.operation, Source("/operation"))
        set(.inputTokens, Source("/input/inputTokenCount"))
        set(.outputTokens, Source("/output/outputTokenCount"))
        set(.cachedTokens, Source("/input/cacheReadInputTokenCount"))
        set(
            .maxTokens, Source("/input/inputBodyJson/inferenceConfig/maxTokens"),
            Source("/input/inputBodyJson/max_tokens"))
        set(.latencyMs, Source("/output/outputBodyJson/metrics/latencyMs", .milliseconds))
    }
}
