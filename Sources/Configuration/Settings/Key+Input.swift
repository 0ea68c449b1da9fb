extension Key {
    static let inputKeys: [Key] = [
        .text(
            "input.topic", \.input.topic, option: "--input", type: "topic", default: "llm.requests",
            effect: "The topic of request events. Any record key, any number of partitions.",
            example: "gateway.requests", check: Check.topic),
        .choice(
            "input.format", \.input.format, default: .json,
            effect: "How events are encoded. A schema-registry frame is recognised and skipped.",
            example: "protobuf"),
        .choice(
            "input.preset", \.input.preset, default: .stillwatch,
            effect: "The names under which JSON events carry their fields.", example: "otel-genai"),
    ]

    /// How records differ from one canonical event each.
    static let shapeKeys: [Key] = [
        Key(
            name: "input.fields",
            type: "mapping of field to JSON pointer, list of them, or { pointer, unit }",
            values: .mapping, option: nil, defaultValue: "{}",
            effect: """
                Where to find single fields instead of where the preset says. Of several pointers the first \
                whose value can be used counts. `time`, `account_created` and `latency_ms` may have a `unit`: \
                s, ms, us or ns; without one an epoch time is read by its magnitude. Fingerprints and signals \
                are named `fingerprints.<kind>` and `signals.<name>`.
                """,
            example: "{ time: { pointer: /created_at, unit: s }, account: [/user/id, /team/id] }",
            assign: InputFields.assign),
        Key(
            name: "input.timezone", type: "UTC or an offset such as +02:00, or nothing",
            values: .text, option: nil, defaultValue: "",
            effect: """
                The zone of times that name none. Without it they are refused (`bad_time`); the preset \
                litellm takes them for UTC.
                """,
            example: "UTC", assign: Timezones.assign),
        .text(
            "input.records", \.input.records, type: "JSON pointer, or nothing", default: "",
            effect: """
                The array whose elements are the events of a record. Pointers of fields are then an \
                element's. A record without the array counts if it is an event itself.
                """,
            example: "/records", check: { $0.isEmpty ? nil : Check.pointer($0) }),
        .text(
            "input.embedded", \.input.embedded, type: "JSON pointer, or nothing", default: "",
            effect: """
                A text that holds the event as JSON. Pointers of fields are then those of the document in it. \
                With `input.records`: in each element, or, where the record has no such array, around it.
                """,
            example: "/message", check: { $0.isEmpty ? nil : Check.pointer($0) }),
        .size(
            "input.max_record_bytes", \.input.maxRecordBytes, in: 1_024...(64 << 20),
            default: "16MiB",
            effect: """
                A larger record, or line of a file, is a dead letter. A decoder needs up to eleven \
                times the largest record it meets.
                """,
            example: "4MiB"),
        .choice(
            "input.bedrock_account", \.input.bedrockAccount, default: .session,
            effect: """
                With the preset bedrock: whether each session of an assumed role is an account, or the role \
                with all of them.
                """,
            example: "role"),
    ]

    static let sourceKeys: [Key] = [
        .list(
            "input.placeholders", \.input.placeholders, of: "texts", limit: 64,
            default: "[\"-\", unknown, \"null\", none, n/a, undefined, nil, (none), not set]",
            effect: """
                Texts that stand for no value, in any case of their letters and with any spaces around them: a \
                field that says so is left out, an account that does is missing. The list replaces this one.
                """,
            example: "[\"-\", unknown, anonymous]", check: Check.placeholder),
        .choice(
            "input.ip_list", \.input.ipList, default: .first,
            effect: """
                Which address counts where the fingerprint `ip` is a list, as in `X-Forwarded-For`: the first \
                address in it (a client can send one of its own), or the last.
                """,
            example: "last"),
        .choice(
            "input.on_missing_offset", \.input.onMissingOffset, default: .earliest,
            effect: """
                Where a partition is read from when its group has no committed offset: from its first \
                record, or from its end (what is there already is never read). A partition added \
                while a process runs is read whole.
                """,
            example: "latest"),
        .list(
            "gateways", \.gateways, of: "accounts", limit: 1_000,
            effect: """
                Accounts that serve many people of their own. Their events count for the account \
                `<gateway>/<end_user>` where the event names an `end_user`.
                """,
            example: "[reseller-7, campus-gateway]"),
        Key(
            name: "derive", type: "mapping of fingerprint kind to the kind it comes from",
            values: .mapping, option: nil, defaultValue: "{ subnet: ip }",
            effect: """
                Fingerprints computed from others where an event does not carry them. `subnet: ip` makes \
                the /24 of an IPv4 and the /48 of an IPv6 address a fingerprint of its own; \
                `subnet: none` does not.
                """,
            example: "{ subnet: none }", assign: Derivations.assign),
    ]
}
