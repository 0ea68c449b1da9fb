import Events
import Primitives
import Replay
import Topology

/// What the labelled accounts of a history did, counted while a replay reads it: requests and tokens by campaign and pane,
/// and which fingerprints each account had from when on.
///
/// Events outside of the panes that are folded are left out. Memory: 40 bytes for each pane in which a campaign is
/// active, 40 for each pair of a labelled account and a fingerprint that rules judge. Sums do not depend on threads.
public final class ActivityLedger: EventObserver {
    /// Requests and tokens.
    public struct Load: Sendable, Equatable {
        /// Requests.
        public var requests = 0
        /// Input and output tokens.
        public var tokens = 0

        /// Nothing.
        public init() {}

        mutating func add(_ other: Load) {
            requests += other.requests
            tokens += other.tokens
        }
    }

    private let index: [UInt64: Int]
    private let campaigns: [Int]
    private let plan: TopologyPlan
    private let tallies: [Tally]

    /// A ledger for the accounts of `labels`, of a replay on `threads` threads.
    public init(_ labels: LabelSet, _ plan: TopologyPlan, threads: Int) {
        self.plan = plan
        var index: [UInt64: Int] = [:]
        for (i, account) in labels.accounts.enumerated() { index[xxh3(account.name)] = i }
        self.index = index
        // Accounts of no campaign are one of their own each, behind the campaigns.
        campaigns = labels.accounts.indices.map {
            labels.accounts[$0].campaign ?? labels.campaigns.count + $0
        }
        tallies = (0..<threads).map { _ in Tally() }
    }

    /// Counts an event; one thread at a time for each `worker`.
    public func observe(_ event: Event, worker: Int) {
        let tally = tallies[worker]
        let time = event.time
        let pane = plan.timing.paneWidth.pane(of: time).index
        guard plan.panes.contains(pane) else { return }
        tally.count(hour: time.ms / 3_600_000)
        let name = EventAccount.withName(of: event, plan.gateways) { xxh3($0) }
        guard let account = index[name] else { return }
        var load = Load()
        load.requests = 1
        load.tokens = Int(event.number(.inputTokens) ?? 0) + Int(event.number(.outputTokens) ?? 0)
        tally.panes[CampaignPane(campaign: campaigns[account], pane: pane), default: Load()]
            .add(load)
        let known = tally.spans[account] ?? time...time
        tally.spans[account] = min(known.lowerBound, time)...max(known.upperBound, time)
        for i in 0..<event.fingerprintCount where plan.isEntityKind[event.fingerprintKind(i)] {
            let name = plan.kinds[event.fingerprintKind(i)].name
            let key = Self.key(kind: name, value: event.fingerprintValue(i))
            let use = Use(account: account, fingerprint: key)
            tally.uses[use] = min(tally.uses[use] ?? time.ms, time.ms)
        }
    }

    /// Appends what was counted so far, for a checkpoint.
    public func encode(into buffer: inout ByteBuffer) { sum().encode(into: &buffer) }

    /// Goes on from what `encode` has written; false where it is something else.
    public func restore(_ bytes: ByteSlice) -> Bool { tallies[0].restore(bytes) }

    private static func key(kind: String, value: ByteSlice) -> UInt64 {
        xxh3(value, seed: xxh3(kind))
    }

    /// All that was counted.
    public func activity() -> Activity { Activity(sum(), paneWidth: plan.timing.paneWidth) }

    private func sum() -> Tally {
        let sum = Tally()
        for tally in tallies {
            sum.addHours(of: tally)
            sum.panes.merge(tally.panes) { a, b in
                var both = a
                both.add(b)
                return both
            }
            sum.uses.merge(tally.uses, uniquingKeysWith: min)
            sum.spans.merge(tally.spans) { a, b in
                min(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
            }
        }
        return sum
    }
}

/// An account and a fingerprint it had.
struct Use: Hashable {
    var account: Int
    var fingerprint: UInt64
}

/// A campaign in a pane.
struct CampaignPane: Hashable {
    var campaign: Int
    var pane: UInt32
}

/// What one thread has counted.
///
/// Unchecked Sendable: one thread at a time has it, and the sums are read when all are done.
final class Tally: @unchecked Sendable {
    var hours: [Int64: Int] = [:]
    /// The hour of the last event, and how many of its events are not in `hours` yet: most events are of one hour.
    private var current: (hour: Int64, events: Int) = (0, 0)
    var panes: [CampaignPane: ActivityLedger.Load] = [:]
    var spans: [Int: ClosedRange<EventTime>] = [:]
    /// The first time of each use, in milliseconds.
    var uses: [Use: Int64] = [:]

    /// Counts an event of an hour.
    func count(hour: Int64) {
        if hour != current.hour { finishHour() }
        current = (hour, current.events + 1)
    }

    /// Takes over what was counted of the current hour.
    func finishHour() {
        if current.events > 0 { hours[current.hour, default: 0] += current.events }
        current = (current.hour, 0)
    }

    /// Adds another thread's hours.
    func addHours(of other: Tally) {
        other.finishHour()
        hours.merge(other.hours, uniquingKeysWith: +)
    }
}
