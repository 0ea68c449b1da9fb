extension FieldMap {
    /// Shapes that are known out of the box.
    public enum Preset: String, CaseIterable, Sendable {
        /// The canonical event.
        case stillwatch
        /// OpenTelemetry GenAI semantic conventions: attributes flat at the top, as an object, or as OTLP
        /// key/value lists; a span or log record, or an OTLP/JSON export of many. What has no `gen_ai.`
        /// attribute, is one message of a request, or a tool's run, is skipped.
        case otelGenAI = "otel-genai"
        /// LiteLLM's StandardLoggingPayload, and rows of its table of spend logs.
        case litellm
        /// Amazon Bedrock's model invocation log.
        case bedrock
        /// OCSF API Activity (6003) with the profile `ai_operation`; what has neither `ai_model` nor
        /// `message_context` is skipped.
        case ocsf
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
        case .ocsf: addOCSF()
        }
    }

    mutating func set(_ field: EventField, _ sources: Source...) { set(.field(field), sources) }

    private mutating func addCanonical() {
        for field in EventField.allCases { set(field, Source("/\(field.name)")) }
    }

    private mutating func addLiteLLM() {
        // Its table holds UTC without saying so.
        zoneMinutes = 0
        set(.time, Source("/startTime"), Source("/start_time"))
        set(
            .account, Source("/metadata/user_api_key_user_id"), Source("/user"),
            Source("/metadata/user_api_key_team_id"), Source("/team_id"),
            Source("/metadata/user_api_key_hash"), Source("/api_key"))
        set(.id, Source("/id"), Source("/request_id"))
        set(
            .organization, Source("/metadata/user_api_key_org_id"), Source("/organization_id"))
        set(.endUser, Source("/end_user"), Source("/metadata/user_api_key_end_user_id"))
        set(.apiKey, Source("/metadata/user_api_key_hash"), Source("/api_key"))
        set(.session, Source("/trace_id"), Source("/session_id"))
        set(.accessPath, Source("/custom_llm_provider"))
        set(.model, Source("/model"), Source("/model_group"))
        set(.operation, Source("/call_type"))
        let error = "error_information"
        set(
            .status, Source("/\(error)/error_code", .error),
            Source("/metadata/\(error)/error_code", .error),
            Source("/\(error)/error_class", .error),
            Source("/metadata/\(error)/error_class", .error), Source("/status", .outcome),
            Source("/metadata/status", .outcome))
        addLiteLLMUsage()
    }

    private mutating func addLiteLLMUsage() {
        set(.inputTokens, Source("/prompt_tokens"))
        set(.outputTokens, Source("/completion_tokens"))
        let usage = "/metadata/usage_object"
        let more = "/metadata/additional_usage_values"
        set(
            .cachedTokens, Source("\(usage)/prompt_tokens_details/cached_tokens"),
            Source("\(usage)/cache_read_input_tokens"),
            Source("\(more)/prompt_tokens_details/cached_tokens"),
            Source("\(more)/cache_read_input_tokens"))
        set(
            .reasoningTokens, Source("\(usage)/completion_tokens_details/reasoning_tokens"),
            Source("\(more)/completion_tokens_details/reasoning_tokens"))
        set(
            .maxTokens, Source("/model_parameters/max_tokens"),
            Source("/model_parameters/max_completion_tokens"))
        set(
            .latencyMs, Source("/response_time", .seconds),
            Source("/request_duration_ms", .milliseconds))
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
        set(.status, Source("/errorCode", .error))
        set(.inputTokens, Source("/input/inputTokenCount"))
        set(.outputTokens, Source("/output/outputTokenCount"))
        set(
            .cachedTokens, Source("/input/cacheReadInputTokenCount"),
            Source("/input/cacheWriteInputTokenCount"))
        set(
            .maxTokens, Source("/input/inputBodyJson/inferenceConfig/maxTokens"),
            Source("/input/inputBodyJson/max_tokens"))
        set(.latencyMs, Source("/output/outputBodyJson/metrics/latencyMs", .milliseconds))
    }

    /// Makes sessions of an assumed role count for the role: one account where each call would be one.
    public mutating func mergeRoleSessions() {
        guard let places = sources[.field(.account)] else { return }
        set(
            .field(.account),
            places.map { $0.pointer == "/identity/arn" ? Source($0.pointer, .role) : $0 })
    }

    private mutating func addOCSF() {
        wantedPrefixes = ["ai_model", "message_context"]
        set(.time, Source("/time"), Source("/time_dt"), Source("/start_time"))
        let user = "/actor/user"
        set(
            .account, Source("\(user)/uid"), Source("\(user)/uid_alt"),
            Source("\(user)/email_addr"), Source("\(user)/name"), Source("/actor/app_uid"))
        set(.id, Source("/metadata/uid"), Source("/api/request/uid"))
        set(
            .organization, Source("\(user)/org/uid"), Source("\(user)/account/uid"),
            Source("/cloud/account/uid"), Source("/metadata/tenant_uid"))
        set(
            .apiKey, Source("\(user)/credential_uid"), Source("/actor/session/credential_uid"),
            Source("/api/token/uid"))
        set(.session, Source("/actor/session/uid"), Source("/message_context/uid"))
        set(.accessPath, Source("/ai_model/ai_provider"), Source("/api/service/name"))
        set(.model, Source("/ai_model/name"), Source("/ai_model/uid"))
        set(.operation, Source("/api/operation"))
        set(
            .status, Source("/http_response/code"), Source("/api/response/code", .outcome),
            Source("/api/response/error", .error), Source("/status_code", .outcome),
            Source("/status_detail", .outcome), Source("/status_id", .outcome),
            Source("/status", .outcome))
        set(.inputTokens, Source("/message_context/prompt_tokens"))
        set(.outputTokens, Source("/message_context/completion_tokens"))
        set(.latencyMs, Source("/duration", .milliseconds))
        let peer = "/src_endpoint"
        set(
            .fingerprint("ip"),
            [Source("\(peer)/ip"), Source("/http_request/x_forwarded_for/0")])
        set(.fingerprint("asn"), [Source("\(peer)/autonomous_system/number")])
        set(.fingerprint("user_agent"), [Source("/http_request/user_agent")])
        set(.fingerprint("device"), [Source("/device/uid"), Source("\(peer)/uid")])
    }
}
