import Configuration
import History

/// Options that several commands take.
extension Option {
    /// How a command reaches the brokers.
    static let connection = [
        Option(
            setting: "bootstrap_servers", "host:port,...", help: "The brokers to ask first."),
        Option(
            setting: "kafka", "name=value", isRepeatable: true,
            help: "A librdkafka property, as it is. May be repeated."),
    ]

    /// Where a command finds its settings.
    static let settings = [
        Option(
            "config", .text("file"), default: "STILLWATCH_CONFIG",
            help: "The configuration file; see 'stillwatch config reference'."),
        Option(
            "set", .pair("key=value"), isRepeatable: true,
            help: "Set any configuration key. May be repeated."),
    ]

    /// What a command logs, and how.
    static let logging = [
        Option(setting: "log.level", help: "The least severe lines logged."),
        Option(setting: "log.format", help: "How log lines look."),
    ]

    static let group = Option(setting: "group", "name", help: "The consumer group.")

    static let rules = Option(
        setting: "rules", "path", default: "the starter pack, which is built in",
        help: "A rule file, a directory of them, or a revision of one in git, as HEAD~1:rules.")

    static let shards = Option(
        setting: "shards", help: "Threads that decode, fold and evaluate; 0 is one per core.")

    static let format = Option(
        setting: "format",
        help: "The shape of findings: OCSF Detection Finding, or one flat object.")

    /// The most records a command shows.
    static func count(default number: Int) -> Option {
        Option(
            "count", letter: "n", .integer("n", 1...1_000_000_000), default: "\(number)",
            help: "Records at most.")
    }

    static let fromEnd = Option(
        "from-end", .flag,
        help: "Read the last records of the topic, shared by its partitions, instead of the first.")
}

extension Argument {
    /// Where a command on rules finds them.
    static let rulePaths = Argument(
        "path", isRequired: false, isRepeatable: true,
        help:
            "Rule files, directories of them, or revisions of these in git, as HEAD~1:rules. Without one, the "
            + "starter pack.")
}

extension Invocation {
    /// The offset or time of an option; nil where it is not given.
    func bound(_ name: String) throws(Failure) -> RangeBound? {
        guard let text = value(name) else { return nil }
        if let bound = RangeBound(text) { return bound }
        throw Failure(.usage, "--\(name) '\(text)' is not \(RangeBound.forms)")
    }
}
