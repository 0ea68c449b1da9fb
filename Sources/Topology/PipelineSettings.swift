import Detection
import Events
import Snapshots

/// What a pipeline runs with, from the decoder to the findings, wherever it runs: live, over history, in a rule's test.
///
/// The defaults are those of the configuration.
public struct PipelineSettings: Sendable {
    /// The compiled rules.
    public var rules: RuleSet
    /// How event time is cut and how disorder is met.
    public var timing = TopologyPlan.Timing()
    /// Partitions of the shuffle, and so ENTITY tasks: part of the format of blocks and state.
    public var partitions = 16
    /// Accounts that are told apart by `end_user`.
    public var gateways: [String] = []
    /// Whether the subnet of an event's address is a fingerprint where the event carries none.
    public var derivesSubnets = true
    /// Tells the blocks and the state of one consumer group from another's: a hash of its name; 0 in memory.
    public var application: UInt32 = 0
    /// How records are encoded.
    public var format = EventFormat.json
    /// Where fields are found in JSON records.
    public var fieldMap = FieldMap(.stillwatch)
    /// Bounds on what is decoded.
    public var limits = DecoderLimits()
    /// Values sampled per dimension of an entity.
    public var sampleSize = 128
    /// Bytes of entity state, if one process has all tasks; each task has an even share.
    public var memoryBudget = 4 << 30
    /// Panes that are folded and closed; see ``TopologyPlan/panes``.
    public var panes: Range<UInt32> = 0..<(.max)

    /// What ENTITY tells CAMPAIGN; nil runs without that stage.
    public var evidence: EvidencePlan?

    /// A clock of nanoseconds that tells what rules cost: one evaluation in `RuleCost.sampled` is timed. Nil where
    /// nothing is; it decides about nothing.
    public var stopwatch: (@Sendable () -> UInt64)?

    /// Entities whose evidence is sampled; nil where none is.
    public var probes: ProbePlan?

    /// Settings with defaults for all but the rules.
    public init(rules: RuleSet) { self.rules = rules }

    /// What INGEST and ENTITY agree on.
    public var plan: TopologyPlan {
        var plan = TopologyPlan(
            rules: rules, timing: timing, partitions: partitions, gateways: gateways,
            derivesSubnets: derivesSubnets, application: application,
            evidence: evidence)
        plan.panes = panes
        return plan
    }

    /// A decoder of records, which keeps what is tracked: mostly ``TopologyPlan/tracked``.
    ///
    /// - Throws: what is wrong with the field map.
    public func makeDecoder(
        _ tracked: TrackedNames
    ) throws(DecoderConfigurationError) -> EventDecoder {
        try EventDecoder(format: format, fieldMap: fieldMap, tracked: tracked, limits: limits)
    }

    /// An ENTITY task with no state. Its share of the memory does not depend on how many others run beside it: a task
    /// must come to the same wherever it runs.
    public func makeEntityTask(_ plan: TopologyPlan, partition: Int) -> EntityTask {
        let task = EntityTask(
            plan: plan, rules: rules, partition: partition, sampleSize: sampleSize,
            memoryBudget: memoryPerTask)
        return watched(task, plan)
    }

    /// The task with what is measured of it beside its work.
    private func watched(_ task: consuming EntityTask, _ plan: TopologyPlan) -> EntityTask {
        task.stopwatch = stopwatch
        let partition = task.partition
        task.sampler = probes.map {
            ProbeSampler($0, rules: rules, partition: partition, of: plan.partitions)
        }
        return task
    }

    /// An ENTITY task whose state is being restored, from the snapshot of `manifest`.
    public func makeEntityTask(
        _ plan: TopologyPlan, partition: Int, restoring manifest: Manifest
    ) -> EntityTask {
        let task = EntityTask(
            restoring: manifest, plan: plan, rules: rules, partition: partition,
            sampleSize: sampleSize, memoryBudget: memoryPerTask)
        return watched(task, plan)
    }

    /// Bytes of state of one ENTITY task.
    public var memoryPerTask: Int { memoryBudget / max(1, partitions) }
}
