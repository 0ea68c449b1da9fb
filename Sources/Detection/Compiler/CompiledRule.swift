/// A rule ready to judge: names are indices, durations are milliseconds or panes.
public struct CompiledRule: Sendable {
    /// What findings say about the rule.
    public let info: RuleInfo
    /// Whom or what it judges.
    public let entity: EntityClass
    /// The tracked kinds it judges, by index, ascending; none for accounts.
    public let kinds: [Int]
    /// What an entity must have before the condition can hold.
    public let gate: Gate
    /// When findings come and go.
    public let lifecycle: Lifecycle
    /// Panes of stream the engine must have seen before the rule is evaluated; 0 for none.
    public let minHistoryPanes: UInt32
    /// Panes after an entity's last event in which it is no subject of the rule any more: the longest window
    /// of the condition; 1 where it has none.
    public let subjectPanes: UInt32
    /// How it feeds campaigns; nil where it does not.
    public let campaign: CampaignFeed?
    /// Whether it gives findings of its own.
    public let alerts: Bool
    /// What its findings show.
    public let evidence: [Evidence]
    /// What it asks events for.
    public let needs: RuleNeeds
    /// `Rule.digest`.
    public let digest: UInt64

    let condition: Int32

    /// One thing a finding shows.
    public struct Evidence: Sendable {
        /// The expression as written.
        public let name: String
        let operand: Operand

        /// What is shown: the value of a node of the program, or the busiest values of a dimension.
        enum Operand: Sendable {
            case number(root: Int32)
            case top(dimension: Int, count: Int, window: UInt32)
        }
    }
}
