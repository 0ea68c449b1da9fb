import Aggregation
import Detection
import Events
import Primitives

/// Everything INGEST and ENTITY agree on: what is folded, how time is cut, where entities live.
///
/// Made once at start from the rules and the settings; a value, shared by all tasks.
public struct TopologyPlan: Sendable {
    /// How event time is cut and how disorder is met; all in milliseconds of event time.
    public struct Timing: Sendable, Equatable {
        /// Width of a pane.
        public var paneWidth: PaneWidth
        /// How far behind its partition's highest event time an event may be and still be on time.
        public var latenessMs: Int64
        /// How far behind it may be at all; a larger jump ahead must be confirmed.
        public var maxLatenessMs: Int64
        /// How far an event may be ahead of its record's timestamp.
        public var maxFutureSkewMs: Int64

        /// Timing as given; the defaults are 10 s, 30 s, 1 h and 5 min.
        public init(
            paneWidth: PaneWidth = .standard, latenessMs: Int64 = 30_000,
            maxLatenessMs: Int64 = 3_600_000, maxFutureSkewMs: Int64 = 300_000
        ) {
            self.paneWidth = paneWidth
            self.latenessMs = latenessMs
            self.maxLatenessMs = max(maxLatenessMs, latenessMs)
            self.maxFutureSkewMs = maxFutureSkewMs
        }
    }

    /// Timing of panes and lateness.
    public let timing: Timing
    /// Partitions of the shuffle: ENTITY tasks.
    public let partitions: Int
    /// Fingerprint kinds the decoder keeps, in the order of their indices.
    public let kinds: [Kind]
    /// Signals the decoder keeps, in the order of their indices.
    public let signals: [String]
    /// Whether entities of a kind are kept (some rule applies to it) or it only serves as a dimension.
    public let isEntityKind: [Bool]
    /// Whether account entities are kept.
    public let keepsAccounts: Bool
    /// What is kept of accounts.
    public let accounts: StateSchema
    /// What is kept of fingerprints.
    public let fingerprints: StateSchema
    /// Index of the kind whose value is a subnet derived from `ip`; nil where none is tracked.
    public let subnetKind: Int?
    /// Index of the kind `ip`.
    public let ipKind: Int?
    /// Tells the blocks of one application (a consumer group) from another's on the same topic; 0 in memory.
    public let application: UInt32
    /// Accounts whose traffic is re-keyed by `end_user`, as account keys.
    public let gateways: Set<UInt64>
    /// Panes that are folded and closed; events of others move the clocks alone. All of them but in a backtest of a
    /// range.
    public var panes: Range<UInt32> = 0..<(.max)

    /// What is told to CAMPAIGN; nil where there is no such stage.
    public let evidence: EvidencePlan?

    /// A plan over the kinds, signals and schemas that the rules need.
    ///
    /// - Parameters:
    ///   - entityKinds: names of the kinds that some rule applies to.
    ///   - gateways: accounts that carry many customers, told apart by `end_user`.
    public init(
        timing: Timing, partitions: Int, kinds: [Kind], signals: [String],
        entityKinds: Set<String>, keepsAccounts: Bool, accounts: StateSchema,
        fingerprints: StateSchema, gateways: [String] = [], derivesSubnets: Bool = true,
        application: UInt32 = 0, evidence: EvidencePlan? = nil
    ) {
        self.evidence = evidence
        self.application = application
        precondition(partitions >= 1 && partitions <= 4096, "1 to 4096 shuffle partitions")
        precondition(kinds.count <= 64, "at most 64 fingerprint kinds")
        self.timing = timing
        self.partitions = partitions
        self.kinds = kinds
        self.signals = signals
        isEntityKind = kinds.map { entityKinds.contains($0.name) }
        self.keepsAccounts = keepsAccounts
        self.accounts = accounts
        self.fingerprints = fingerprints
        subnetKind = derivesSubnets ? kinds.firstIndex { $0.name == "subnet" } : nil
        ipKind = kinds.firstIndex { $0.name == "ip" }
        self.gateways = Set(gateways.map { xxh3($0, seed: Kind.account.seed) })
    }

    /// What the decoder keeps.
    public var tracked: TrackedNames {
        TrackedNames(kinds: kinds.map(\.name), signals: signals)
    }

    /// The shuffle partition, and so the ENTITY task, an entity belongs to.
    @inline(__always)
    public static func partition(of key: UInt64, of count: Int) -> Int {
        Int(((mix(key) >> 32) &* UInt64(count)) >> 32)
    }
}

extension TopologyPlan {
    /// What `rules` need, with `partitions` shuffle partitions.
    public init(
        rules: RuleSet, timing: Timing, partitions: Int, gateways: [String] = [],
        derivesSubnets: Bool = true, application: UInt32 = 0, evidence: EvidencePlan? = nil
    ) {
        let judged = Set(rules.rules.flatMap(\.kinds))
        var kinds = rules.kinds
        // Subnets are derived from addresses, which have to be read for that even where no rule names them.
        if derivesSubnets, kinds.contains("subnet"), !kinds.contains("ip"),
            kinds.count < RuleSet.kindLimit
        {
            kinds.append("ip")
        }
        self.init(
            timing: timing, partitions: partitions, kinds: kinds.map { Kind($0) },
            signals: rules.signals, entityKinds: Set(judged.map { rules.kinds[$0] }),
            keepsAccounts: rules.rules.contains { $0.entity == .account },
            accounts: rules.accountSchema, fingerprints: rules.fingerprintSchema,
            gateways: gateways, derivesSubnets: derivesSubnets, application: application,
            evidence: evidence)
    }

    /// The fingerprints' dimension that names accounts; nil where there is none.
    var namedAccounts: Int? {
        fingerprints.dimensions.lastIndex { $0.name == Kind.account.name && $0.isNamed }
    }
}
