import Primitives

/// What an ``ActivityLedger`` has counted of a whole history.
public struct Activity: Sendable {
    /// Events by hour since 1970, hours without any left out.
    public let hours: [Int64: Int]
    /// First and last event by labelled account.
    let spans: [Int: ClosedRange<EventTime>]
    private let uses: [UInt64: [(account: Int, first: EventTime)]]
    private let loads: [Int: [(end: EventTime, load: ActivityLedger.Load)]]

    init(_ tally: Tally, paneWidth: PaneWidth) {
        hours = tally.hours
        spans = tally.spans
        uses = Dictionary(grouping: tally.uses) { $0.key.fingerprint }.mapValues { uses in
            uses.map { (account: $0.key.account, first: EventTime(ms: $0.value)) }
                .sorted { $0.account < $1.account }
        }
        loads = Dictionary(grouping: tally.panes) { $0.key.campaign }.mapValues { panes in
            panes.map {
                (end: paneWidth.end(of: Pane(index: $0.key.pane)), load: $0.value)
            }.sorted { $0.end < $1.end }
        }
    }

    /// The labelled accounts that had the fingerprint `kind:value` before `time`.
    func accounts(with entity: String, before time: EventTime) -> [Int] {
        let kind = String(entity.prefix { $0 != ":" })
        let value = Array(entity.utf8.dropFirst(kind.utf8.count + 1))
        let key = value.withUnsafeBytes { xxh3($0, seed: xxh3(kind)) }
        return (uses[key] ?? []).filter { $0.first < time }.map(\.account)
    }

    /// What a campaign did in panes that ended by `time`; all of it for nil.
    func load(of campaign: Int, until time: EventTime?) -> ActivityLedger.Load {
        var sum = ActivityLedger.Load()
        for pane in loads[campaign] ?? [] where time.map({ pane.end <= $0 }) ?? true {
            sum.add(pane.load)
        }
        return sum
    }

    /// From the first to behind the last event of some accounts; nil where none has any.
    func span(of accounts: [Int]) -> ClosedRange<EventTime>? {
        let known = accounts.compactMap { spans[$0] }
        guard let first = known.map(\.lowerBound).min(), let last = known.map(\.upperBound).max()
        else { return nil }
        return first...last
    }

    /// Runs of hours without an event between the first and the last.
    public var gaps: [ClosedRange<EventTime>] {
        let sorted = hours.keys.sorted()
        return zip(sorted, sorted.dropFirst()).filter { $1 - $0 > 1 }.map { before, after in
            EventTime(ms: (before + 1) * 3_600_000)...EventTime(ms: after * 3_600_000)
        }
    }
}
