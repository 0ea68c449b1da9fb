extension Key {
    static let windowKeys: [Key] = [
        .duration(
            "window.pane", \.window.paneMs, in: 1000...3_600_000, default: "10s",
            effect: """
                The finest slice of event time. Rules are evaluated when a pane closes: shorter panes find \
                sooner and cost more.
                """,
            example: "5s"),
        .duration(
            "window.lateness", \.window.latenessMs, in: 0...86_400_000, default: "30s",
            effect: """
                How far an event may trail the newest of its partition and still count in its own pane. \
                Later ones count in the first open pane.
                """,
            example: "2m"),
        .duration(
            "window.max_lateness", \.window.maxLatenessMs, in: 0...(7 * 86_400_000), default: "1h",
            effect: "An event later than this is a dead letter. At least `window.lateness`.",
            example: "6h"),
        .duration(
            "window.max_future_skew", \.window.maxFutureSkewMs, in: 0...86_400_000, default: "5m",
            effect: """
                An event further ahead of its record's broker timestamp than this is a dead letter: one \
                wrong clock must not push the watermark.
                """,
            example: "1m"),
        .duration(
            "window.idle_timeout", \.window.idleTimeoutMs, in: 1_000...86_400_000, default: "1m",
            effect: """
                A partition read to its end and silent for so long stops holding the watermark back. Live \
                only.
                """,
            example: "10m"),
        .duration(
            "window.alignment_limit", \.window.alignmentLimitMs, in: 1_000...(7 * 86_400_000),
            default: "10m",
            effect: """
                A partition this far ahead of the slowest, in event time, waits: bounds what catching up \
                keeps in memory.
                """,
            example: "1h"),
    ]

    static let deliveryKeys: [Key] = [
        .choice(
            "delivery", \.delivery, default: .exactlyOnce,
            effect: """
                How outputs and offsets reach the brokers. `exactly_once`: in transactions; readers with \
                `isolation.level=read_committed` see every finding once. `at_least_once`: offsets follow \
                delivered outputs; after a crash some findings come again, with the same ids.
                """,
            example: "at_least_once"),
        .duration(
            "commit_interval", \.commitIntervalMs, in: 10...60_000, default: "200ms",
            effect: """
                How often outputs and offsets are committed: a floor of the alert latency and of the work \
                repeated after a crash.
                """,
            example: "1s"),
        .duration(
            "snapshot_interval", \.snapshotIntervalMs, in: 1_000...3_600_000, default: "30s",
            effect: """
                How often a partition's state is written. What was read since the last time is read again \
                when the partition is restored.
                """,
            example: "5m"),
        .text(
            "state.topic", \.state.topic, type: "topic", default: "stillwatch.state",
            effect: """
                The compacted topic snapshots of state go to, with as many partitions as `partials.topic`.
                """,
            example: "eu.stillwatch.state", check: Check.topic),
        .text(
            "state.directory", \.state.directory, type: "path, or nothing", default: "",
            effect: """
                A directory to keep snapshots in instead of the topic: for a single machine. Whatever \
                process takes a partition over must find them there.
                """,
            example: "state"),
        .choice(
            "data_loss", \.dataLoss, default: .stop,
            effect: """
                What to do where the committed offset's records are gone (retention, or a topic made \
                anew): stop and say so, or say so and go on with what is kept.
                """,
            example: "accept"),
    ]

    static let engineKeys: [Key] = [
        .text(
            "rules", \.rules, option: "--rules", type: "path, or nothing", default: "",
            effect:
                "A rule file or a directory of them. Without one the built-in starter pack runs.",
            example: "rules.d"),
        .integer(
            "shards", \.shards, option: "--shards", in: 0...256, default: "0",
            effect: "Threads that decode, fold and evaluate; 0 = one per core.", example: "4"),
        .size(
            "state.memory_budget", \.state.memoryBudgetBytes, in: 0...(1 << 40), default: "0",
            effect: """
                Memory for entity state in the process. Over it the longest-idle entities are forgotten, \
                counted and logged. 0 = a quarter of the machine's memory.
                """,
            example: "4GiB"),
        .integer(
            "state.sample_size", \.state.sampleSize, in: 16...4_096, default: "128",
            effect: """
                Values sampled per dimension of an entity. Counts of distinct values are exact up to it, \
                beyond it their standard error is about 1 / sqrt(size).
                """,
            example: "256"),
        .duration(
            "statistics_interval", \.statisticsIntervalMs, in: 0...3_600_000, default: "1m",
            effect: "How often the counters, lag and watermark are logged; 0s = never.",
            example: "10s"),
        .choice(
            "log.level", \.log.level, option: "--log-level", default: .info,
            effect: "The least severe lines written to standard error.", example: "debug"),
        .choice(
            "log.format", \.log.format, option: "--log-format", default: .text,
            effect: "How log lines look: for people, or one JSON object a line.", example: "json"),
    ]
}
