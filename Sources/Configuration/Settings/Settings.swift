import Delivery
import Detection
import Events
import Telemetry

/// Everything that can be set, typed and checked; what each key means is in `Key.all`.
///
/// Durations are in milliseconds, sizes in bytes. Made by `Settings.load`, which fills the defaults in.
public struct Settings: Equatable, Sendable {
    /// `host:port`, comma-separated; empty when not set.
    public internal(set) var bootstrapServers = ""
    /// The consumer group.
    public internal(set) var group = ""
    /// The process's name in the group; empty = the host's.
    public internal(set) var instanceID = ""
    /// The request events.
    public internal(set) var input = Input()
    /// The shuffle between the stages.
    public internal(set) var partials = Topic()
    /// Where findings go.
    public internal(set) var alerts = Topic()
    /// Where findings of shadow rules go; empty = they are counted only.
    public internal(set) var shadowTopic = ""
    /// What ENTITY tells CAMPAIGN.
    public internal(set) var evidenceTopic = ""
    /// The members of campaigns.
    public internal(set) var membersTopic = ""
    /// What people decide; empty = nothing is read.
    public internal(set) var verdictsTopic = ""
    /// Where records go that cannot be used.
    public internal(set) var deadLetters = DeadLetters()
    /// The shape of findings.
    public internal(set) var format = FindingFormat.ocsf
    /// How findings are written.
    public internal(set) var findings = Findings()
    /// A rule file or a directory of them; empty = the built-in starter pack.
    public internal(set) var rules = ""
    /// Actors that run tasks; 0 = one per core.
    public internal(set) var shards = 0
    /// Event time.
    public internal(set) var window = Window()
    /// The CAMPAIGN stage.
    public internal(set) var campaigns = Campaigns()
    /// Entity state.
    public internal(set) var state = State()
    /// librdkafka properties passed through, by name.
    public internal(set) var kafka: [Pair] = []
    /// Accounts that stand for many end users and are re-keyed by `end_user`.
    public internal(set) var gateways: [String] = []
    /// Fingerprints computed from others.
    public internal(set) var derive = [Derivation(kind: "subnet", source: "ip")]
    /// Log lines.
    public internal(set) var log = Log()
    /// How outputs and offsets reach the brokers.
    public internal(set) var delivery = DeliveryMode.exactlyOnce
    /// What to do where records are gone that were not read.
    public internal(set) var dataLoss = DataLossPolicy.stop
    /// Milliseconds between commits of offsets with the output before them.
    public internal(set) var commitIntervalMs: Int64 = 0
    /// Milliseconds between snapshots of a partition's state.
    public internal(set) var snapshotIntervalMs: Int64 = 0
    /// Milliseconds between statistics lines in the log; 0 = none.
    public internal(set) var statisticsIntervalMs: Int64 = 0

    init() {}
}

extension Settings {
    /// The request events.
    public struct Input: Equatable, Sendable {
        /// The topic read.
        public internal(set) var topic = ""
        /// How events are encoded.
        public internal(set) var format = EventFormat.json
        /// The names under which events carry their fields.
        public internal(set) var preset = FieldMap.Preset.stillwatch
        /// Fields read elsewhere than the preset says.
        public internal(set) var fields: [Field] = []
        /// The zone of times that name none, in minutes east of UTC; nil refuses such times.
        public internal(set) var zoneMinutes: Int?
        /// A pointer to the array whose elements are the events; empty = a record is one.
        public internal(set) var records = ""
        /// A pointer to a text that holds the event as JSON; empty = there is none.
        public internal(set) var embedded = ""
        /// The largest record in bytes.
        public internal(set) var maxRecordBytes: Int64 = 0
        /// What of Amazon's roles is an account.
        public internal(set) var bedrockAccount = BedrockAccount.session
        /// Texts that count as missing.
        public internal(set) var placeholders = [
            "-", "unknown", "null", "none", "n/a", "undefined", "nil", "(none)", "not set",
        ]
        /// Which address counts where the fingerprint `ip` is a list.
        public internal(set) var ipList = AddressChoice.first
        /// Where a partition without a committed offset is read from.
        public internal(set) var onMissingOffset = StartPolicy.earliest
    }

    /// Where a field of events is.
    public struct Field: Equatable, Sendable {
        /// The field's name.
        public var name: String
        /// JSON pointers: the first whose value can be used wins.
        public var pointers: [String]
        /// What a time or duration there is counted in; nil where it says so itself.
        public var unit: FieldMap.Unit?

        /// A field with its places.
        public init(name: String, pointers: [String], unit: FieldMap.Unit? = nil) {
            self.name = name
            self.pointers = pointers
            self.unit = unit
        }
    }

    /// How findings are written.
    public struct Findings: Equatable, Sendable {
        /// The version of OCSF.
        public internal(set) var ocsfVersion = OCSFVersion.v18
    }

    /// A topic the engine writes and may create.
    public struct Topic: Equatable, Sendable {
        /// Its name.
        public internal(set) var topic = ""
        /// Partitions when `topics create` creates it.
        public internal(set) var partitions = 0
    }

    /// The topic of records that cannot be used.
    public struct DeadLetters: Equatable, Sendable {
        /// Its name.
        public internal(set) var topic = ""
        /// Partitions when `topics create` creates it.
        public internal(set) var partitions = 0
        /// Bytes of the original record kept at most.
        public internal(set) var maxBytes: Int64 = 0
    }

    /// Event time.
    public struct Window: Equatable, Sendable {
        /// The width of a pane.
        public internal(set) var paneMs: Int64 = 0
        /// How far events may trail their partition's newest.
        public internal(set) var latenessMs: Int64 = 0
        /// Beyond this, a late event is a dead letter.
        public internal(set) var maxLatenessMs: Int64 = 0
        /// How far an event may be ahead of its record's broker timestamp.
        public internal(set) var maxFutureSkewMs: Int64 = 0
        /// After this long in silence, a caught-up partition stops holding the others back.
        public internal(set) var idleTimeoutMs: Int64 = 0
        /// How far in event time a partition may run ahead of the slowest.
        public internal(set) var alignmentLimitMs: Int64 = 0
    }

    /// The CAMPAIGN stage.
    public struct Campaigns: Equatable, Sendable {
        /// What becomes of the findings of rules that feed campaigns.
        public enum Alerts: String, CaseIterable, Sendable {
            /// Those of fingerprints in a campaign are not handed out one by one.
            case grouped
            /// All are handed out.
            case single
            /// There is no such stage.
            case off
        }

        /// What becomes of the findings of rules that feed campaigns.
        public internal(set) var alerts = Alerts.grouped
        /// How long an account counts as seen with a fingerprint after it last was.
        public internal(set) var windowMs: Int64 = 0
        /// Roles of kinds, by name, with or without the prefix `fingerprints.`.
        public internal(set) var kinds: [Pair] = []
    }

    /// Entity state.
    public struct State: Equatable, Sendable {
        /// Bytes of entity state in the whole process; 0 = a quarter of the machine's memory.
        public internal(set) var memoryBudgetBytes: Int64 = 0
        /// Values sampled per dimension of an entity.
        public internal(set) var sampleSize = 0
        /// The topic of snapshots.
        public internal(set) var topic = ""
        /// A directory for snapshots instead of the topic; empty = the topic.
        public internal(set) var directory = ""
    }

    /// Log lines.
    public struct Log: Equatable, Sendable {
        /// The least severe level written.
        public internal(set) var level = Logger.Level.info
        /// How lines look.
        public internal(set) var format = LogFormat.text
    }

    /// What of Amazon's roles is an account.
    public enum BedrockAccount: String, CaseIterable, Sendable {
        /// Each session of a role.
        case session
        /// The role, whatever its sessions.
        case role
    }

    /// A name with its value.
    public struct Pair: Equatable, Sendable {
        /// The name.
        public var name: String
        /// The value.
        public var value: String

        /// A name with its value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A fingerprint computed from another: `subnet` from `ip`.
    public struct Derivation: Equatable, Sendable {
        /// The kind computed.
        public var kind: String
        /// The kind it is computed from.
        public var source: String
    }
}
