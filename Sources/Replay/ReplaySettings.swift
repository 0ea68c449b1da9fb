import Detection
import Events
import Topology

/// What a replay runs with.
public struct ReplaySettings: Sendable {
    /// Topology: timing, partitions, kinds.
    public var plan: TopologyPlan
    /// The compiled rules.
    public var rules: RuleSet
    /// How records are encoded.
    public var format: EventFormat
    /// Where fields are found in JSON records.
    public var fieldMap: FieldMap
    /// Bounds on what is decoded.
    public var limits: DecoderLimits
    /// Threads of work, each for whatever is to be done: reading, decoding and folding, evaluating.
    public var shards: Int
    /// Records that one thread takes at a time.
    public var batchSize: Int
    /// Values sampled per dimension of an entity.
    public var sampleSize: Int
    /// Bytes of entity state over all partitions.
    public var memoryBudget: Int

    /// Settings with defaults for all but the rules.
    public init(
        rules: RuleSet, timing: TopologyPlan.Timing, partitions: Int = 12, gateways: [String] = [],
        derivesSubnets: Bool = true,
        format: EventFormat = .json, fieldMap: FieldMap = FieldMap(.stillwatch),
        limits: DecoderLimits = DecoderLimits(), shards: Int = 1, batchSize: Int = 4096,
        sampleSize: Int = 512, memoryBudget: Int = 4 << 30
    ) {
        plan = TopologyPlan(
            rules: rules, timing: timing, partitions: partitions, gateways: gateways,
            derivesSubnets: derivesSubnets)
        self.rules = rules
        self.format = format
        self.fieldMap = fieldMap
        self.limits = limits
        self.shards = max(1, shards)
        self.batchSize = max(1, batchSize)
        self.sampleSize = sampleSize
        self.memoryBudget = memoryBudget
    }

    /// A decoder for what the plan tracks.
    func makeDecoder() throws(DecoderConfigurationError) -> EventDecoder {
        try EventDecoder(
            format: format, fieldMap: fieldMap,
            tracked: TrackedNames(kinds: plan.kinds.map(\.name), signals: plan.signals),
            limits: limits)
    }
}
