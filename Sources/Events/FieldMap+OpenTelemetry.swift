extension FieldMap {
    private static let span = "/resourceSpans/0/scopeSpans/0/spans/0"
    private static let logRecord = "/resourceLogs/0/scopeLogs/0/logRecords/0"

    /// Fingerprint kinds that have an attribute of their own, `stillwatch.fingerprints.<kind>`.
    private static let fingerprintKinds = [
        "payment", "card_bin", "device", "tls_ja4", "ip", "asn", "prompt_template",
        "system_prompt", "tool_set", "user_agent", "email_domain", "signup_cohort",
        "reasoning_blob_in", "reasoning_blob_out",
    ]

    /// Where attributes can be, as an object or as a key/value list.
    private static func attributes(_ names: [String], _ unit: Unit = .canonical) -> [Source] {
        let places = ["/attributes", "", "\(span)/attributes", "\(logRecord)/attributes"]
        return names.flatMap { name in places.map { Source("\($0)/\(name)", unit) } }
    }

    private mutating func set(_ field: EventField, attributes names: String...) {
        set(.field(field), Self.attributes(names))
    }

    /// Names of today's conventions first, then the ones they replaced.
    mutating func addOpenTelemetry() {
        readsKeyValueLists = true
        singleElementArrays = [
            "/resourceSpans", "/resourceSpans/0/scopeSpans", "/resourceSpans/0/scopeSpans/0/spans",
            "/resourceLogs", "/resourceLogs/0/scopeLogs", "/resourceLogs/0/scopeLogs/0/logRecords",
        ]
        addTime()
        addNames()
        addNumbers()
        addFingerprints()
    }

    private mutating func addTime() {
        set(
            .field(.time),
            [
                Source("/startTimeUnixNano", .nanoseconds), Source("/timeUnixNano", .nanoseconds),
                Source("\(Self.span)/startTimeUnixNano", .nanoseconds),
                Source("\(Self.logRecord)/timeUnixNano", .nanoseconds),
                Source("/start_time"), Source("/timestamp"), Source("/time"),
            ])
    }

    private mutating func addNames() {
        set(
            .account,
            attributes: "stillwatch.account", "enduser.id", "user.id", "enduser.pseudo.id")
        set(.organization, attributes: "stillwatch.organization")
        set(.endUser, attributes: "stillwatch.end_user")
        set(.apiKey, attributes: "stillwatch.api_key")
        set(.plan, attributes: "stillwatch.plan")
        set(.session, attributes: "gen_ai.conversation.id", "session.id")
        set(.accessPath, attributes: "gen_ai.provider.name", "gen_ai.system")
        set(.model, attributes: "gen_ai.request.model", "gen_ai.response.model")
        set(.operation, attributes: "gen_ai.operation.name")
        let spanIds = [Source("/spanId"), Source("\(Self.span)/spanId")]
        set(.field(.id), Self.attributes(["gen_ai.response.id"]) + spanIds)
    }

    private mutating func addNumbers() {
        set(
            .inputTokens,
            attributes: "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
        set(
            .outputTokens,
            attributes: "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
        set(
            .cachedTokens,
            attributes: "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens")
        set(
            .reasoningTokens,
            attributes: "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens")
        set(.maxTokens, attributes: "gen_ai.request.max_tokens")
        set(.turn, attributes: "stillwatch.turn")
        set(.latencyMs, attributes: "stillwatch.latency_ms")
        set(
            .field(.status),
            Self.attributes(["http.response.status_code", "http.status_code"])
                + Self.attributes(["error.type"], .decimal))
        set(.accountCreated, attributes: "stillwatch.account_created")
    }

    private mutating func addFingerprints() {
        let registered = [
            "ip": ["client.address"], "user_agent": ["user_agent.original"],
            "tls_ja3": ["tls.client.ja3"],
        ]
        for kind in Self.fingerprintKinds + ["tls_ja3"] {
            let names = ["stillwatch.fingerprints.\(kind)"] + (registered[kind] ?? [])
            set(.fingerprint(kind), Self.attributes(names))
        }
    }
}
