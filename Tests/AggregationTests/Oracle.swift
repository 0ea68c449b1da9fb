import Aggregation
import Primitives

/// Keeps everything it was told and computes each feature from the definition: slow and obvious.
struct Oracle {
    struct Entry {
        var pane: UInt32
        var tokens: Int64
        var requests: Int64
        var account: Int
        var born: UInt32
    }

    private(set) var entries: [UInt64: [Entry]] = [:]
    let retention: UInt32
    let paneMs: Int64

    init(retention: UInt32, paneMs: Int64) {
        self.retention = retention
        self.paneMs = paneMs
    }

    mutating func add(_ key: UInt64, _ entry: Entry) {
        // An entity nothing is known of within the retention begins anew.
        if let last = entries[key]?.last, entry.pane - last.pane >= retention { entries[key] = [] }
        entries[key, default: []].append(entry)
    }

    /// Entries of the last `window` panes up to `now`.
    func window(_ key: UInt64, _ window: UInt32, now: UInt32) -> [Entry] {
        (entries[key] ?? []).filter { $0.pane <= now && now - $0.pane < window }
    }

    func firstSeen(_ key: UInt64) -> UInt32? { entries[key]?.first?.pane }

    func sum(_ key: UInt64, _ window: UInt32, now: UInt32) -> Int64 {
        self.window(key, window, now: now).reduce(0) { $0 + $1.tokens }
    }

    func accounts(_ key: UInt64, _ window: UInt32, now: UInt32) -> Set<Int> {
        Set(self.window(key, window, now: now).map(\.account))
    }

    func load(_ key: UInt64, account: Int, _ window: UInt32, now: UInt32) -> Int64 {
        self.window(key, window, now: now).filter { $0.account == account }.reduce(0) {
            $0 + $1.requests
        }
    }

    /// Accounts seen in the window whose creation, where known, else first sight here, is recent.
    func newborn(_ key: UInt64, _ window: UInt32, youngerThan age: UInt32, now: UInt32) -> Int {
        accounts(key, window, now: now).filter { account in
            var born: UInt32?
            var last: UInt32?
            for entry in entries[key] ?? [] where entry.account == account {
                if let seen = last, entry.pane - seen >= retention { born = nil }
                born = min(born ?? entry.pane, entry.pane, entry.born > 0 ? entry.born : .max)
                last = entry.pane
            }
            return now - min(now, born ?? now) < age
        }.count
    }

    func activeHours(_ key: UInt64, _ window: UInt32, now: UInt32) -> Int {
        func hour(_ pane: UInt32) -> Int64 { Int64(pane) * paneMs / 3_600_000 }
        let hours = (Int64(window) * paneMs + 3_599_999) / 3_600_000
        let newest = hour(now)
        return Set(
            (entries[key] ?? []).map { hour($0.pane) }.filter {
                newest - $0 < hours && $0 <= newest
            }
        )
        .count
    }
}
