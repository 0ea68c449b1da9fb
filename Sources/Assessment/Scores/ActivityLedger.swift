import Events
import Primitives
import Replay
import Topology

/// What the labelled accounts of a history did, counted while a replay reads it: requests and tokens by campaign and pane,
/// and which fingerprints each account had from when on.
///
/// It decodes each record once more, on the thread that has it, which adds about a third to a replay's time. Memory:
/// 40 bytes for each pane in which a campaign is active, 40 for each pair of a labelled account and a fingerprint that
/// rules judge. Sums do not depend on threads.
public final class ActivityLedger: RecordObserver {
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

    /// Counts the events of a record; one thread at a time for each `worker`.
    public func observe(_ record: ByteSlice, decoder: inout EventDecoder, worker: Int) {
        let tally = tallies[worker]
        var each: Decoded? = decoder.decode(record)
        while let verdict = each {
            if verdict == .event { add(decoder.event, to: tally) }
            each = decoder.next()
        }
    }

    private func add(_ event: Event, to tally: Tally) {
        let time = event.time
        tally.hours[time.ms / 3_600_000, default: 0] += 1
        guard let account = index[xxh3(event.account)] else { return }
        var load = Load()
        load.requests = 1
        load.tokens = Int(event.number(.inputTokens) ?? 0) + Int(event.number(.outputTokens) ?? 0)
        let pane = plan.timing.paneWidth.pane(of: time).index
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

    private static func key(kind: String, value: ByteSlice) -> UInt64 {
        xxh3(value, seed: xxh3(kind))
    }

    /// All that was counted.
    public func activity() -> Activity {
        let sum = Tally()
        for tally in tallies {
            sum.hours.merge(tally.hours, uniquingKeysWith: +)
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
        return Activity(sum, paneWidth: plan.timing.paneWidth)
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
    var panes: [CampaignPane: ActivityLedger.Load] = [:]
    var spans: [Int: ClosedRange<EventTime>] = [:]
    /// The first time of each use, in milliseconds.
    var uses: [Use: Int64] = [:]
}
