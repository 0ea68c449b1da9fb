/// What ENTITY tasks tell CAMPAIGN, and how much of it at most.
public struct EvidencePlan: Equatable, Sendable {
    /// Milliseconds of event time that one block speaks of: a tick. A whole number of panes.
    public var tickMs: Int64 = EvidenceBlock.tickMs
    /// Whether the findings of rules that feed campaigns are left to CAMPAIGN, which hands out those of fingerprints that
    /// belong to none.
    public var isGrouped = true
    /// Leads that a task keeps at most; beyond, new ones are refused and counted.
    public var leads = 50_000
    /// Edges of one lead at most: beyond, half of the accounts are left out, by their hash, and again.
    public var leadEdges = 200_000
    /// Edges of all leads of a task at most: beyond, at the end of a pane, the largest lead is thinned out in the same way.
    public var taskEdges = 1_000_000

    /// The defaults.
    public init() {}

    /// How long an edge that goes on is not told of again: a day.
    static let refreshMs: Int64 = 86_400_000
}
