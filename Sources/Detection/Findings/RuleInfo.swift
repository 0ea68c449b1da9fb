/// How much a finding matters; ordered.
public enum Severity: String, Sendable, CaseIterable, Comparable {
    /// Worth knowing.
    case informational
    /// Weak on its own.
    case low
    /// Deserves a look.
    case medium
    /// Deserves action.
    case high
    /// Deserves action now.
    case critical

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether `a` matters less than `b`.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// Whether a rule runs.
public enum RuleStatus: String, Sendable, CaseIterable {
    /// It runs.
    case active
    /// It runs on trial: its findings are marked and go to a topic of their own.
    case shadow
    /// It is checked, and its tests run, but it judges nothing.
    case paused
}

/// What a finding says about the rule behind it.
public struct RuleInfo: Equatable, Sendable {
    /// Stable and dotted: `farm.shared_payment`.
    public var id: String
    /// Grows with every edit.
    public var version: Int
    /// How much its findings matter.
    public var severity: Severity
    /// A short name; the id where the rule gives none.
    public var title: String
    /// What the rule looks for.
    public var description: String
    /// MITRE ATLAS technique ids.
    public var attack: [String]
    /// What else could look like this.
    public var falsePositives: [String]
    /// Further reading.
    public var references: [String]
    /// Free labels.
    public var tags: [String]
    /// Whether the rule is on trial (`status: shadow`): its findings go to a topic of their own.
    public var shadow: Bool

    /// A rule's face.
    public init(
        id: String, version: Int, severity: Severity, title: String, description: String,
        attack: [String] = [], falsePositives: [String] = [], references: [String] = [],
        tags: [String] = [], shadow: Bool = false
    ) {
        self.id = id
        self.version = version
        self.severity = severity
        self.title = title
        self.description = description
        self.attack = attack
        self.falsePositives = falsePositives
        self.references = references
        self.tags = tags
        self.shadow = shadow
    }
}
