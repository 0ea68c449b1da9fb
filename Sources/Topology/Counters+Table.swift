/// What is to be known of a number the engine counts.
public struct Counter: Sendable {
    /// How a number moves.
    public enum Kind: Sendable {
        /// It only rises.
        case counter
        /// It is what is held now.
        case gauge
    }

    /// Its name for Prometheus: the unit comes last, and what only rises ends in `_total`.
    public let name: String
    /// How it moves.
    public let kind: Kind
    /// What it means, for people.
    public let help: String
    /// What lines of statistics call it; nil where they leave it out.
    public let field: String?
    /// Whether those say it even where it is 0.
    public let isAlwaysSaid: Bool
    /// Where it stands.
    public let value: any WritableKeyPath<Counters, Int> & Sendable

    fileprivate init(
        _ name: String, _ value: any WritableKeyPath<Counters, Int> & Sendable, _ help: String,
        as field: String? = nil, always isAlwaysSaid: Bool = false, _ kind: Kind = .counter
    ) {
        self.name = "stillwatch_" + name
        self.kind = kind
        self.help = help
        self.field = field
        self.isAlwaysSaid = isAlwaysSaid
        self.value = value
    }
}

extension Counters {
    /// Every number but those by reason and by field.
    public static let table = [
        Counter(
            "records_consumed_total", \.consumed, "Records read from the input.", as: "consumed",
            always: true),
        Counter(
            "events_processed_total", \.processed, "Events folded into panes, late ones included.",
            as: "processed", always: true),
        Counter(
            "events_late_total", \.late, "Events whose own pane was closed.", as: "late",
            always: true),
        Counter(
            "events_outside_total", \.outside, "Events outside of the range that is replayed."),
        Counter("elements_skipped_total", \.skipped, "Elements of records that are no requests."),
        Counter(
            "records_skipped_total", \.skippedRecords,
            "Records with neither an event nor anything refused."),
        Counter("events_further_total", \.moreEvents, "Events beyond the first of their record."),
        Counter(
            "elements_refused_total", \.moreRefused,
            "Elements refused in a record with events, or beyond the first."),
        Counter("blocks_read_total", \.blocksRead, "Blocks taken in by tasks that keep state."),
        Counter(
            "blocks_duplicate_total", \.duplicateBlocks,
            "Blocks dropped because their offsets were known already.", as: "duplicate_blocks"),
        Counter(
            "blocks_foreign_total", \.foreignBlocks,
            "Blocks of another application on the same topic.", as: "foreign_blocks"),
        Counter(
            "records_missing_total", \.missingRecords,
            "Source records that no block covered.", as: "missing_records"),
        Counter(
            "records_repeated_total", \.repeatedRecords, "Source records that came a second time."),
        Counter("partials_total", \.partials, "Partials folded into state."),
        Counter(
            "partials_late_total", \.latePartials, "Partials whose pane was closed already."),
        Counter("partials_corrupt_total", \.corruptPartials, "Partials that could not be read."),
        Counter("panes_closed_total", \.panesClosed, "Panes closed with something in them."),
        Counter("evaluations_total", \.evaluations, "Conditions of rules evaluated."),
        Counter(
            "findings_made_total", \.found,
            "Findings made, shadow ones and those of a replay included."),
        Counter(
            "entities_evicted_total", \.evicted,
            "Entities forgotten to stay within the memory budget.", as: "evicted"),
        Counter(
            "entities_evicted_in_emergency_total", \.evictedInEmergency,
            "Entities forgotten because memory was short in spite of all counting."),
        Counter(
            "entities_expired_total", \.expired,
            "Entities forgotten because no window reached them."),
        Counter(
            "evidence_gaps_total", \.evidenceGaps,
            "Stretches of event time that a source of evidence did not tell of."),
        Counter(
            "evidence_late_total", \.lateBlocks, "Blocks of evidence of ticks that were over."),
        Counter("leads_total", \.leads, "Steps of leads."),
        Counter("edges_total", \.edges, "Edges between accounts and fingerprints."),
        Counter(
            "leads_unknown_total", \.unknownRules, "Leads of rules that feed no campaigns here."),
        Counter("edges_stray_total", \.strayEdges, "Edges of fingerprints without a lead."),
        Counter(
            "edges_over_limit_total", \.edgesOverLimit,
            "Edges that were not kept because their fingerprint has too many."),
        Counter(
            "components_thinned_total", \.thinned,
            "Components whose weakest ties were left out because there were too many."),
        Counter("ticks_total", \.ticks, "Ticks of campaigns in which something was to be done."),
        Counter("fingerprints_clustered_total", \.clustered, "Fingerprints clustered."),
        Counter(
            "campaigns_merged_total", \.merges, "Campaigns that became part of another."),
        Counter("campaigns_split_total", \.splits, "Campaigns that were part of another."),
        Counter("verdicts_read_total", \.verdictsRead, "Verdicts read.", as: "verdicts"),
        Counter(
            "verdicts_refused_total", \.verdictsRefused,
            "Records of the verdicts topic that are none: dead letters.", as: "verdicts_refused"),
        Counter(
            "verdicts_late_total", \.verdictsLate,
            "Verdicts that came to a task whose event time was past them; they hold from then on.",
            as: "verdicts_late"),
        Counter(
            "verdicts_forgotten_total", \.verdictsForgotten,
            "Verdicts forgotten because a task had too many.", as: "verdicts_forgotten"),
        Counter("blocks_total", \.blocks, "Blocks put out.", as: "blocks", always: true),
        Counter("blocks_bytes_total", \.blockBytes, "Bytes of blocks put out."),
        Counter("findings_total", \.findings, "Findings put out.", as: "findings", always: true),
        Counter(
            "findings_shadow_total", \.shadowFindings, "Findings of shadow rules.",
            as: "shadow_findings", always: true),
        Counter(
            "dead_letters_total", \.deadLetters, "Dead letters put out.", as: "dead_letters",
            always: true),
        Counter("commits_total", \.commits, "Commits of outputs and positions."),
        Counter("entities", \.entities, "Entities kept.", .gauge),
        Counter("state_bytes", \.stateBytes, "Bytes of state and of records that wait.", .gauge),
        Counter(
            "waiting_bytes", \.waitingBytes, "Bytes of records that wait for their pane.", .gauge),
        Counter("findings_open", \.openFindings, "Findings firing.", .gauge),
        Counter(
            "findings_suppressed", \.suppressed,
            "Findings held back because their rule was cooling down, as the state remembers.",
            .gauge),
        Counter(
            "tasks_restoring", \.restoring,
            "Tasks that are being restored, or wait for their first snapshot.", as: "restoring",
            .gauge),
        Counter(
            "restore_units_done", \.restoreDone,
            "Records or bytes that restores have gone through.",
            as: "restore_done", .gauge),
        Counter(
            "restore_units", \.restoreTotal, "Records or bytes that restores have to go through.",
            as: "restore_total", .gauge),
    ]
}
