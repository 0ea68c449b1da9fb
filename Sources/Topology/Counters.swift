import Events

/// What was done and what is held: every number the engine counts, of one task or added up over many.
///
/// ``table`` says everything else of each: its name for Prometheus, its unit, what it means, and what log lines call
/// it. A further number is a property here and a row there.
public struct Counters: Sendable, Equatable {
    // MARK: INGEST
    //
    // Every record has events, is skipped or is refused, but for one that is set aside:
    // `consumed == recordsWithEvents + skippedRecords + recordsRefused`, with one more where a record is set aside, and
    // without the records that hold nothing but events outside of the range.

    /// Records read.
    public var consumed = 0
    /// Events folded into panes, late ones included.
    public var processed = 0
    /// Events whose own pane was closed.
    public var late = 0
    /// Events outside of ``TopologyPlan/panes``, which moved the clock alone.
    public var outside = 0
    /// Elements of records passed over because they are no requests.
    public var skipped = 0
    /// Records with neither an event nor anything refused.
    public var skippedRecords = 0
    /// Events beyond the first of their record.
    public var moreEvents = 0
    /// Elements refused in a record with events, or beyond the first.
    public var moreRefused = 0
    /// Records and elements of records refused, by reason, which is dead letters;
    /// `RejectReason.allCases` gives the order.
    public var rejected = [Int](repeating: 0, count: RejectReason.allCases.count)
    /// What the processed events had, and what was wrong with it.
    public var coverage = FieldCoverage()

    // MARK: Tasks that keep state

    /// Blocks taken in.
    public var blocksRead = 0
    /// Blocks dropped because their offsets were known already.
    public var duplicateBlocks = 0
    /// Blocks of another application on the same topic, passed over.
    public var foreignBlocks = 0
    /// Source records that no block covered, where a block was missing.
    public var missingRecords = 0
    /// Source records that came a second time, where a source began before its last block ended.
    public var repeatedRecords = 0
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
    /// Findings made, shadow ones and those of a replay included.
    public var found = 0
    /// Entities, or CAMPAIGN's fingerprints, forgotten to stay within the memory budget.
    public var evicted = 0
    /// Of those, entities forgotten because memory was short in spite of all counting.
    public var evictedInEmergency = 0
    /// Entities forgotten because no window reached them.
    public var expired = 0

    // MARK: CAMPAIGN

    /// Stretches of event time that a source of evidence did not tell of.
    public var evidenceGaps = 0
    /// Blocks of evidence of ticks that were over; what they say counts in the next.
    public var lateBlocks = 0
    /// Steps of leads.
    public var leads = 0
    /// Edges between accounts and fingerprints.
    public var edges = 0
    /// Leads of rules that feed no campaigns here.
    public var unknownRules = 0
    /// Edges of fingerprints without a lead.
    public var strayEdges = 0
    /// Edges that were not kept because their fingerprint has too many.
    public var edgesOverLimit = 0
    /// Components whose weakest ties were left out because there were too many.
    public var thinned = 0
    /// Ticks in which something was to be done.
    public var ticks = 0
    /// Fingerprints clustered.
    public var clustered = 0
    /// Campaigns that became part of another.
    public var merges = 0
    /// Campaigns that were part of another.
    public var splits = 0

    // MARK: Verdicts

    /// Verdicts read.
    public var verdictsRead = 0
    /// Records that are no verdicts.
    public var verdictsRefused = 0
    /// Verdicts that came to a task whose event time was past them; they hold from then on.
    public var verdictsLate = 0
    /// Verdicts forgotten because a task had too many.
    public var verdictsForgotten = 0

    // MARK: Outputs

    /// Blocks put out.
    public var blocks = 0
    /// Bytes of those blocks.
    public var blockBytes = 0
    /// Findings put out.
    public var findings = 0
    /// Findings of shadow rules.
    public var shadowFindings = 0
    /// Dead letters put out.
    public var deadLetters = 0
    /// Commits of outputs and positions.
    public var commits = 0

    // MARK: What is held

    /// Entities kept.
    public var entities = 0
    /// Bytes of state and of records that wait.
    public var stateBytes = 0
    /// Of those, bytes of records that wait for their pane.
    public var waitingBytes = 0
    /// Findings firing.
    public var openFindings = 0
    /// Findings held back because their rule was cooling down: state remembers how many, wherever it goes.
    public var suppressed = 0
    /// Tasks that are being restored, or wait for the first snapshot under their rules.
    public var restoring = 0
    /// Records or bytes these restores have gone through in the step they are in.
    public var restoreDone = 0
    /// Records or bytes of the steps these restores are in.
    public var restoreTotal = 0

    /// Nothing done yet.
    public init() {}

    /// Dead letters, whatever the reason.
    public var rejectedTotal: Int { rejected.reduce(0, +) }

    /// Records with at least one event.
    public var recordsWithEvents: Int { processed - moreEvents }

    /// Records with no event and something refused.
    public var recordsRefused: Int { rejectedTotal - moreRefused }

    /// Counts a record of several elements, of which so many were events and refused.
    mutating func note(events: Int, refused: Int) {
        moreEvents += max(0, events - 1)
        moreRefused += events > 0 ? refused : max(0, refused - 1)
        if events == 0, refused == 0 { skippedRecords += 1 }
    }

    /// Adds what another task, or several, have done and hold.
    public mutating func add(_ other: Counters) {
        for counter in Self.table { self[keyPath: counter.value] += other[keyPath: counter.value] }
        for i in rejected.indices { rejected[i] += other.rejected[i] }
        coverage.add(other.coverage)
    }

    /// Leaves what was done, and nothing of what is held.
    public mutating func forgetHeld() {
        for counter in Self.table where counter.kind == .gauge { self[keyPath: counter.value] = 0 }
    }
}

extension RejectReason {
    /// Position among all reasons, for counters.
    public var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
