/// What the rules need kept for one class of entities (accounts, or fingerprints).
public struct StateSchema: Equatable, Sendable {
    /// A category whose distinct values are kept per entity.
    public struct Dimension: Equatable, Sendable {
        /// The dimension as rules spell it: `account`, a fingerprint kind, `model`, ...
        public var name: String
        /// Whether values are kept as text, for evidence.
        public var isNamed: Bool
        /// Panes over which each value's own count is kept; 0 keeps none.
        public var loadWindow: UInt32

        /// A dimension called `name`.
        public init(name: String, isNamed: Bool, loadWindow: UInt32) {
            self.name = name
            self.isNamed = isNamed
            self.loadWindow = loadWindow
        }
    }

    /// The most measures, and the most dimensions, of one class.
    public static let limit = 16

    /// What is summed; index 0 is always `requests`.
    public var measures: [String]
    /// What is counted distinct.
    public var dimensions: [Dimension]
    /// The shortest window any rule asks for, in panes.
    public var minWindow: UInt32
    /// The longest window any rule asks for, in panes; 14 days at least where new accounts are asked for.
    public var maxWindow: UInt32
    /// Whether an hour bitmap of 7 days is kept.
    public var tracksHours: Bool
    /// Whether some rule asks for ages: what was first seen when is remembered for `firstSeenMemoryMs` then.
    public var tracksAge: Bool

    /// How long an entity's first pane is remembered after its last event: 180 days.
    public static let firstSeenMemoryMs: Int64 = 180 * 86_400_000
    /// How long the first pane of a value (an account) with an entity is remembered after the last it was
    /// seen in, and the age below which an account is new: 14 days.
    public static let newAccountMs: Int64 = 14 * 86_400_000

    /// A schema; `measures` starts with `requests`.
    public init(
        measures: [String], dimensions: [Dimension], minWindow: UInt32, maxWindow: UInt32,
        tracksHours: Bool, tracksAge: Bool = false
    ) {
        self.measures = measures
        self.dimensions = dimensions
        self.minWindow = minWindow
        self.maxWindow = maxWindow
        self.tracksHours = tracksHours
        self.tracksAge = tracksAge
    }
}
