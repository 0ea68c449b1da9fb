extension Key {
    /// Every key, in the order of the reference.
    public static let all: [Key] =
        kafkaKeys + inputKeys + shapeKeys + sourceKeys + outputKeys + windowKeys + campaignKeys
        + deliveryKeys + engineKeys

    static let kafkaKeys: [Key] = [
        .text(
            "bootstrap_servers", \.bootstrapServers, option: "--bootstrap-servers",
            type: "host:port, comma-separated",
            default: "", effect: "The brokers to ask first. Required by whatever talks to Kafka.",
            example: "broker1:9092,broker2:9092", check: Check.servers),
        .text(
            "group", \.group, option: "--group", type: "text", default: "stillwatch",
            effect: """
                The consumer group: processes with the same group share the partitions of the input. \
                Another group starts over, with state of its own.
                """,
            example: "stillwatch-eu", check: Check.notEmpty),
        .text(
            "instance_id", \.instanceID, option: "--instance-id", type: "text", default: "",
            effect: """
                This process's name in the group, which no other may have. Without one it is the host's with \
                the lowest number that no other process of the group has on this host: `HOST-0`, `HOST-1`, ... \
                A process that comes back under its name within the session timeout gets its partitions back, \
                and nobody else is disturbed.
                """,
            example: "stillwatch-0", check: Check.instance),
        .mapping(
            "kafka", \.kafka, option: "-X", of: "librdkafka property to value",
            effect: """
                Properties passed to every Kafka client as they are. Those the engine owns are refused by \
                name. Outside the file: `-X name=value`, or one variable per property, dots as underscores \
                (`STILLWATCH_KAFKA_SASL_PASSWORD`), which keeps passwords out of files.
                """,
            example: "{ security.protocol: sasl_ssl, sasl.mechanism: PLAIN }"),
    ]

    static let outputKeys: [Key] = [
        .text(
            "partials.topic", \.partials.topic, type: "topic", default: "stillwatch.partials",
            effect: "The topic between the stages. Blocks of partials, partitioned by entity.",
            example: "eu.stillwatch.partials", check: Check.topic),
        .integer(
            "partials.partitions", \.partials.partitions, in: 1...1_024, default: "16",
            effect: """
                Partitions of that topic, and so the most shards that can share entity state. Part of the \
                format: another number needs a new topic and a replay.
                """,
            example: "32"),
        .text(
            "alerts.topic", \.alerts.topic, option: "--alerts", type: "topic",
            default: "stillwatch.alerts",
            effect: "The topic findings go to.", example: "security.llm.findings",
            check: Check.topic),
        .integer(
            "alerts.partitions", \.alerts.partitions, in: 1...1_024, default: "4",
            effect: "Partitions of the alerts topic when `topics create` creates it.",
            example: "12"),
        .text(
            "shadow.topic", \.shadowTopic, type: "topic, or nothing", default: "",
            effect: "The topic of shadow rules' findings. Without one they are counted only.",
            example: "stillwatch.shadow", check: { $0.isEmpty ? nil : Check.topic($0) }),
        .text(
            "evidence.topic", \.evidenceTopic, type: "topic", default: "stillwatch.evidence",
            effect: """
                The topic of one partition on which ENTITY tells CAMPAIGN which accounts share a suspicious \
                fingerprint. Not used where `campaigns.alerts` is `off` or no rule feeds campaigns.
                """,
            example: "eu.stillwatch.evidence", check: Check.topic),
        .text(
            "members.topic", \.membersTopic, type: "topic", default: "stillwatch.members",
            effect: """
                The compacted topic of one partition with a row for each member of an open campaign, keyed by \
                account; a record without a value releases the account.
                """,
            example: "security.llm.members", check: Check.topic),
        .text(
            "verdicts.topic", \.verdictsTopic, type: "topic, or nothing",
            default: "stillwatch.verdicts",
            effect: """
                The topic of one partition on which people say what they decided about accounts and fingerprints. \
                Where it does not exist, or is set to nothing, no verdicts are read.
                """,
            example: "security.llm.verdicts", check: { $0.isEmpty ? nil : Check.topic($0) }),
        .text(
            "dead_letters.topic", \.deadLetters.topic, type: "topic",
            default: "stillwatch.dead_letters",
            effect:
                "The topic of records that cannot be used, each with its origin and the reason.",
            example: "eu.stillwatch.dead_letters", check: Check.topic),
        .integer(
            "dead_letters.partitions", \.deadLetters.partitions, in: 1...1_024, default: "4",
            effect: "Partitions of the dead-letter topic when `topics create` creates it.",
            example: "1"),
        .size(
            "dead_letters.max_bytes", \.deadLetters.maxBytes, in: 0...(8 << 20), default: "64KiB",
            effect: "Bytes of the original record a dead letter keeps; 0 keeps none of it.",
            example: "1MiB"),
        .choice(
            "format", \.format, option: "--format", default: .ocsf,
            effect: "The shape of findings: OCSF Detection Finding, or one flat object.",
            example: "flat"),
        .choice(
            "findings.ocsf_version", \.findings.ocsfVersion, default: .v18,
            effect: """
                The version of OCSF that findings of the format `ocsf` are written in, for consumers that are not \
                as far yet. What an older one has no attribute for stands under `unmapped`.
                """,
            example: "1.3.0"),
    ]
}
