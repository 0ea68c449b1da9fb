extension Settings {
    /// The shape of findings.
    public enum OutputFormat: String, CaseIterable, Sendable {
        /// OCSF 1.8.0 Detection Finding.
        case ocsf
        /// One flat object.
        case flat
    }

    /// How events are encoded.
    public enum InputFormat: String, CaseIterable, Sendable {
        /// One JSON object a record.
        case json
        /// One Protobuf message a record.
        case protobuf
    }

    /// The names under which events carry their fields.
    public enum InputPreset: String, CaseIterable, Sendable {
        /// Our own.
        case stillwatch
        /// OpenTelemetry's semantic conventions for generative AI.
        case otelGenAI = "otel-genai"
        /// LiteLLM's standard logging payload.
        case litellm
        /// Amazon Bedrock's invocation log.
        case bedrock
        /// OCSF's API activity with the profile for AI operations.
        case ocsf
    }

    /// What times and durations are counted in.
    public enum TimeUnit: String, CaseIterable, Sendable {
        /// Seconds.
        case seconds = "s"
        /// Milliseconds.
        case milliseconds = "ms"
        /// Microseconds.
        case microseconds = "us"
        /// Nanoseconds.
        case nanoseconds = "ns"
    }

    /// What of Amazon's roles is an account.
    public enum BedrockAccount: String, CaseIterable, Sendable {
        /// Each session of a role.
        case session
        /// The role, whatever its sessions.
        case role
    }

    /// Which address of a list counts.
    public enum AddressOfList: String, CaseIterable, Sendable {
        /// The first.
        case first
        /// The last.
        case last
    }

    /// Where a partition without a committed offset is read from.
    public enum MissingOffset: String, CaseIterable, Sendable {
        /// Its first record.
        case earliest
        /// Its end.
        case latest
    }

    /// How outputs and offsets reach the brokers.
    public enum Delivery: String, CaseIterable, Sendable {
        /// In transactions.
        case exactlyOnce = "exactly_once"
        /// Offsets behind delivered outputs.
        case atLeastOnce = "at_least_once"
    }

    /// What to do where records are gone that were not read.
    public enum DataLoss: String, CaseIterable, Sendable {
        /// Stop and say so.
        case stop
        /// Say so and go on.
        case accept
    }

    /// The least severe level written; the levels of swift-log.
    public enum LogLevel: String, CaseIterable, Sendable {
        /// Every step.
        case trace
        /// What helps find a fault.
        case debug
        /// The ordinary course.
        case info
        /// Ordinary but rare.
        case notice
        /// May need a look.
        case warning
        /// Something failed.
        case error
        /// The program cannot go on.
        case critical
    }

    /// How log lines look.
    public enum LogLineFormat: String, CaseIterable, Sendable {
        /// `time level label: message name=value`.
        case text
        /// One JSON object a line.
        case json
    }
}
