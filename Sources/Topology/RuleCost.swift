/// What evaluating a rule has cost.
public struct RuleCost: Sendable, Equatable {
    /// Conditions evaluated: an entity at the end of a pane each.
    public var evaluations = 0
    /// Nanoseconds of those that were timed, one in `sampled`. A feature that rules share is computed by the first.
    public var sampledNs: UInt64 = 0

    /// One evaluation in so many is timed, which costs nothing that can be measured; a prime, so that it falls on every
    /// rule.
    public static let sampled = 61

    /// Nothing.
    public init() {}

    /// Adds another task's.
    public mutating func add(_ other: RuleCost) {
        evaluations += other.evaluations
        sampledNs += other.sampledNs
    }
}
