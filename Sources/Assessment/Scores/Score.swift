import Detection
import Primitives

/// How well findings fit labels.
///
/// Three levels. **Farms**: campaigns, found by a finding on any of their accounts or fingerprints. **Entities**: what
/// findings are on, accounts and fingerprints alike; what a farm shares with the public is no target. **Accounts**:
/// those a finding is on, names in its evidence, or that had the fingerprint it is on. Subjects without an event in
/// the history cannot be found and are left out.
public struct Score: Sendable {
    /// A farm, when it was found, and what it took before.
    public struct Farm: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// What it is.
        public var verdict: Verdict
        /// Its labelled accounts that had events.
        public var accounts: Int
        /// When it began.
        public var start: EventTime
        /// Its last event.
        public var last: EventTime
        /// When somebody ended it.
        public var ended: EventTime?
        /// The first finding on it.
        public var found: EventTime?
        /// The rule of the first finding.
        public var rule: String?
        /// Findings on it.
        public var findings: Int
        /// What it did before the first finding; all of it where there is none.
        public var leaked: ActivityLedger.Load
        /// All it did.
        public var total: ActivityLedger.Load

        /// Milliseconds from the beginning to the first finding.
        public var delayMs: Int64? { found.map { max(0, $0.ms - start.ms) } }
    }

    /// Subjects that somebody banned, and whether the findings were before that.
    public struct Enforcement: Sendable, Equatable {
        /// Found before the ban.
        public var findingFirst = 0
        /// Banned before any finding.
        public var banFirst = 0
    }

    /// Accounts.
    public let accounts: Confusion
    /// Accounts and fingerprints.
    public let entities: Confusion
    /// Campaigns.
    public let farms: Confusion
    /// Campaigns with events, in the labels' order, and behind them confirmed accounts that belong to none. A campaign
    /// without labelled accounts was there when its label says, or from its first finding on.
    public let perFarm: [Farm]
    /// Labelled campaigns that were not there.
    public let absent: Int
    /// How long farms stay undetected.
    public let farmDetection: SurvivalCurve
    /// How long accounts stay undetected.
    public let accountDetection: SurvivalCurve
    /// Accounts that were banned.
    public let bans: Enforcement
    /// What confirmed farms did before their first finding.
    public let leaked: ActivityLedger.Load
    /// All that confirmed farms did.
    public let total: ActivityLedger.Load
}
