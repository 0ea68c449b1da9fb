/// What an entity task has done with the blocks it was given.
public struct EntityCounters: Sendable, Equatable {
    /// Blocks taken in.
    public var blocks = 0
    /// Blocks dropped because their offsets were known already.
    public var duplicateBlocks = 0
    /// Blocks of another application on the same topic, passed over.
    public var foreignBlocks = 0
    /// Source records that no block covered, where a block was missing.
    public var missingRecords: Int64 = 0
    /// Source records that came a second time, where a source began before its last block ended.
    public var repeatedRecords: Int64 = 0
    /// Partials folded into state.
    public var partials = 0
    /// Partials whose pane this task had closed already; they count in its first open pane.
    public var latePartials = 0
    /// Partials that could not be read.
    public var corruptPartials = 0
    /// Panes closed with something in them.
    public var panesClosed = 0
    /// Conditions evaluated.
    public var evaluations = 0
    /// Findings handed out, shadow ones included.
    public var findings = 0

    /// Nothing done yet.
    public init() {}

    /// Adds another task's counts.
    public mutating func add(_ other: EntityCounters) {
        blocks += other.blocks
        duplicateBlocks += other.duplicateBlocks
        foreignBlocks += other.foreignBlocks
        missingRecords += other.missingRecords
        repeatedRecords += other.repeatedRecords
        partials += other.partials
        latePartials += other.latePartials
        corruptPartials += other.corruptPartials
        panesClosed += other.panesClosed
        evaluations += other.evaluations
        findings += other.findings
    }
}
