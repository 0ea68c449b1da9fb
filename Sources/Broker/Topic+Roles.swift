/// The engine's topics, by what they are for; their names are the configuration's.
extension Topic: CustomStringConvertible {
    /// Request events.
    public static var input: Topic { 0 }
    /// The shuffle between INGEST and ENTITY.
    public static var partials: Topic { 1 }
    /// Findings.
    public static var alerts: Topic { 2 }
    /// Findings of shadow rules.
    public static var shadow: Topic { 3 }
    /// Records that cannot be used.
    public static var deadLetters: Topic { 4 }
    /// Snapshots: pages and manifests, compacted.
    public static var state: Topic { 5 }
    /// What ENTITY tasks tell of leads and their accounts.
    public static var evidence: Topic { 6 }
    /// The members of campaigns: a table by account, compacted.
    public static var members: Topic { 7 }
    /// What people decide about accounts and fingerprints.
    public static var verdicts: Topic { 8 }

    /// Whether it is the log of the tasks of a stage: what they have not worked off must not be lost.
    public var isLog: Bool {
        self == .partials || self == .evidence || self == .verdicts
    }

    /// All of them.
    public static var all: [Topic] {
        [
            .input, .partials, .alerts, .shadow, .deadLetters, .state, .evidence, .members,
            .verdicts,
        ]
    }

    /// What they are for, by number: the words of the configuration.
    private static let roles = [
        "input", "partials", "alerts", "shadow", "dead_letters", "state", "evidence",
        "members", "verdicts",
    ]

    /// What it is for, in the configuration's words: `partials.topic` is the key of the name of `.partials`.
    public var description: String {
        number < Self.roles.count ? Self.roles[Int(number)] : "topic\(number)"
    }
}

extension TopicNames {
    /// Names for all topics.
    ///
    /// - Parameters:
    ///   - shadow: nil where findings of shadow rules are only counted.
    ///   - state: nil where snapshots are kept in a directory.
    public init(
        input: String, partials: String, alerts: String, shadow: String? = nil,
        deadLetters: String, state: String? = nil
    ) {
        self.init([input, partials, alerts])
        self[.shadow] = shadow
        self[.deadLetters] = deadLetters
        self[.state] = state
    }

    /// What request events are read from.
    public var input: String { name(.input) }
    /// The shuffle between INGEST and ENTITY.
    public var partials: String { name(.partials) }
    /// Where findings go.
    public var alerts: String { name(.alerts) }
    /// Where records go that cannot be used.
    public var deadLetters: String { name(.deadLetters) }
    /// Where findings of shadow rules go; nil where they are only counted.
    public var shadow: String? { self[.shadow] }
    /// Where snapshots go; nil where they are kept in a directory.
    public var state: String? { self[.state] }
}
