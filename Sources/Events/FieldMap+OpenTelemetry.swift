extension FieldMap {
    /// Fingerprint kinds that have an attribute of their own, `stillwatch.fingerprints.<kind>`.
    private static let fingerprintKinds = [
        "payment", "card_bin", "device", "tls_ja4", "ip", "asn", "prompt_template",
        "system_prompt", "tool_set", "user_agent", "email_domain", "signup_cohort",
        "reasoning_blob_in", "reasoning_blob_out",
    ]

    /// Where an event's attributes can be, as an object or as a key/value list.
    private static func attributes(_ names: [String], _ unit: Unit = .canonical) -> [Source] {
        names.flatMap { name in ["/attributes", ""].map { Source("\($0)/\(name)", unit) } }
    }

    /// Where a resource's or a scope's attributes are, around its events or in them.
    private static func outerAttributes(_ names: [String]) -> [Source] {
        ["/scope/attributes", "/resource/attributes"].flatMap { place in
            names.map { Source("\(place)/\($0)") }
        }
    }

    private mutating func set(_ field: EventField, attributes names: String...) {
        set(.field(field), Self.attributes(names))
    }

    /// The lists of an export: OTLP's JSON names, those of its messages, and the older ones.
    private static let exports = [
        ["/resourceSpans", "/scopeSpans", "/spans"],
        ["/resourceSpans", "/instrumentationLibrarySpans", "/spans"],
        ["/resourceLogs", "/scopeLogs", "/logRecords"],
        ["/resourceLogs", "/instrumentationLibraryLogs", "/logRecords"],
        ["/resource_spans", "/scope_spans", "/spans"],
        ["/resource_logs", "/scope_logs", "/log_records"],
    ]

    /// Names of today's conventions first, then the ones they replaced.
    mutating func addOpenTelemetry() {
        readsKeyValueLists = true
        nesting = Self.exports.map { Nesting(pointers: $0) }
        wantedPrefixes = ["gen_ai."]
        judged = ["/attributes"]
        skipMarks =
            ["/eventName", "/event_name"]
            + Self.attributes(["event.name", "gen_ai.operation.name"]).map(\.pointer)
        addTime()
        addNames()
        addNumbers()
        addFingerprints()
    }

    private mutating func addTime() {
        let nanoseconds = [
            "/startTimeUnixNano", "/timeUnixNano", "/observedTimeUnixNano",
            "/start_time_unix_nano", "/time_unix_nano", "/observed_time_unix_nano",
        ]
        let texts = ["/start_time", "/timestamp", "/time", "/observed_timestamp"]
        set(
            .field(.time),
            nanoseconds.map { Source($0, .nanoseconds) } + texts.map { Source($0) })
    }

    /// A field of the event's attributes, or of those of what it lies in.
    private mutating func setOuter(_ field: EventField, attributes names: String...) {
        set(.field(field), Self.attributes(names))
        inherited[.field(field)] = Self.outerAttributes(names)
    }

    private mutating func addNames() {
        setOuter(
            .account,
            attributes: "stillwatch.account", "enduser.id", "user.id", "enduser.pseudo.id")
        setOuter(.organization, attributes: "stillwatch.organization")
        setOuter(.endUser, attributes: "stillwatch.end_user")
        setOuter(.apiKey, attributes: "stillwatch.api_key")
        setOuter(.plan, attributes: "stillwatch.plan")
        setOuter(.session, attributes: "gen_ai.conversation.id", "session.id")
        setOuter(.accessPath, attributes: "gen_ai.provider.name", "gen_ai.system")
        set(.model, attributes: "gen_ai.request.model", "gen_ai.response.model")
        set(.operation, attributes: "gen_ai.operation.name")
        let spanIds = ["/spanId", "/span_id", "/context/span_id"].map { Source($0) }
        set(.field(.id), Self.attributes(["gen_ai.response.id"]) + spanIds)
    }

    private mutating func addNumbers() {
        set(
            .inputTokens,
            attributes: "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
        set(
            .outputTokens,
            attributes: "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
        // What was read from a cache, or else what was written to one.
        set(
            .cachedTokens,
            attributes: "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cached_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_write_input_tokens")
        set(
            .reasoningTokens,
            attributes: "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.output_tokens.reasoning")
        set(.maxTokens, attributes: "gen_ai.request.max_tokens")
        set(.turn, attributes: "stillwatch.turn")
        set(.latencyMs, attributes: "stillwatch.latency_ms")
        let ends = ["/status/code", "/status/status_code", "/status"]
        set(
            .field(.status),
            Self.attributes(["http.response.status_code", "http.status_code"])
                + Self.attributes(["error.type", "exception.type"], .error)
                + ends.map { Source($0, .outcome) })
        set(.accountCreated, attributes: "stillwatch.account_created")
    }

    private mutating func addFingerprints() {
        let registered = [
            "ip": ["client.address", "http.client_ip"],
            "user_agent": ["user_agent.original", "http.user_agent"],
            "tls_ja3": ["tls.client.ja3"],
        ]
        for kind in Self.fingerprintKinds + ["tls_ja3"] {
            let names = ["stillwatch.fingerprints.\(kind)"] + (registered[kind] ?? [])
            set(.fingerprint(kind), Self.attributes(names))
            inherited[.fingerprint(kind)] = Self.outerAttributes(names)
        }
    }
}
