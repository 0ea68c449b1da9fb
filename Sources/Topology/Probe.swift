import Detection
import Primitives

/// An entity whose evidence is sampled while panes close, whether its rule holds or not.
public struct Probe: Sendable, Equatable {
    /// The id of the rule whose evidence it is.
    public var rule: String
    /// `account`, or the fingerprint's kind.
    public var kind: String
    /// The account or the fingerprint's value.
    public var value: [UInt8]

    /// A probe of an entity.
    public init(rule: String, kind: String, value: [UInt8]) {
        self.rule = rule
        self.kind = kind
        self.value = value
    }

    var key: UInt64 { value.withUnsafeBytes { Kind(kind).key(of: $0) } }
}

/// Which entities are sampled, and how often.
public struct ProbePlan: Sendable {
    /// The entities.
    public var probes: [Probe]
    /// Panes between two samples.
    public var everyPanes: UInt32

    /// Samples of `probes`, one in `everyPanes` panes each.
    public init(_ probes: [Probe], everyPanes: UInt32) {
        self.probes = probes
        self.everyPanes = max(1, everyPanes)
    }
}

/// What the evidence of a probe was at the end of a pane.
public struct ProbeSample: Sendable {
    /// Which probe, by its place in the plan.
    public var probe: Int
    /// The end of the pane.
    public var time: EventTime
    /// The evidence.
    public var evidence: [(name: String, value: EvidenceValue)]
}

/// The samples of one task.
struct ProbeSampler {
    /// A probe of an entity of this task: its place in the plan, the entity's key, the rule's index.
    private let own: [(probe: Int, key: UInt64, rule: Int)]
    private let every: UInt32
    private var next: UInt32 = 0
    private(set) var samples: [ProbeSample] = []

    /// A sampler of the probes whose entities `partition` has.
    init(_ plan: ProbePlan, rules: RuleSet, partition: Int, of count: Int) {
        every = plan.everyPanes
        own = plan.probes.enumerated().compactMap { index, probe in
            guard TopologyPlan.partition(of: probe.key, of: count) == partition,
                let rule = rules.rules.firstIndex(where: { $0.info.id == probe.rule })
            else { return nil }
            return (index, probe.key, rule)
        }
    }

    /// Whether `pane`, which has just been closed, is to be sampled.
    func isDue(_ pane: UInt32) -> Bool { !own.isEmpty && pane >= next }

    /// Samples a pane that is due; `evidence` gives that of a rule on an entity, nil where the entity is not there.
    mutating func sample(
        _ pane: UInt32, end: EventTime,
        _ evidence: (_ rule: Int, _ key: UInt64) -> [(name: String, value: EvidenceValue)]?
    ) {
        next = (pane / every + 1) * every
        for probe in own {
            guard let found = evidence(probe.rule, probe.key) else { continue }
            samples.append(ProbeSample(probe: probe.probe, time: end, evidence: found))
        }
    }
}
