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
    private var firsts: [UInt64: UInt32] = [:]
    /// Panes of silence after which ages begin anew, and those of values of an entity.
    let memory: UInt32
    let valueMemory: UInt32
    let paneMs: Int64

    init(memory: UInt32, valueMemory: UInt32, paneMs: Int64) {
        self.memory = memory
        self.valueMemory = valueMemory
        self.paneMs = paneMs
    }

    mutating func add(_ key: UInt64, _ entry: Entry) {
        if let last = entries[key]?.last, entry.pane - last.pane >= memory { firsts[key] = nil }
        if firsts[key] == nil { firsts[key] = entry.pane }
        entries[key, default: []].append(entry)
    }

    /// Entries of the last `window` panes up to `now`.
    func window(_ key: UInt64, _ window: UInt32, now: UInt32) -> [Entry] {
        (entries[key] ?? []).filter { $0.pane <= now && now - $0.pane < window }
    }

    func firstSeen(_ key: UInt64) -> UInt32? { firsts[key] }

    /// The sum over the window, which begins at a multiple of the largest power of two that is at most a
    /// 32nd of it.
    func sum(_ key: UInt64, _ window: UInt32, now: UInt32) -> Int64 {
        var step: Int64 = 1
        while step * 2 * 32 <= Int64(window) { step *= 2 }
        let edge = max(0, Int64(now) + 1 - Int64(window)) / step * step
        return (entries[key] ?? []).filter { $0.pane <= now && Int64($0.pane) >= edge }
            .reduce(0) { $0 + $1.tokens }
    }

    /// The tokens of each stretch that is over, from the one after the first event on.
    func stretches(_ key: UInt64, _ window: UInt32, now: UInt32) -> [Int64] {
        var step: Int64 = 1
        while step * 2 * 32 <= Int64(window) { step *= 2 }
        let edge = max(0, Int64(now) + 1 - Int64(window)) / step
        let first = max(edge, Int64(firstSeen(key) ?? 0) / step + 1)
        let end = (Int64(now) + 1) / step
        guard first < end else { return [] }
        var sums = [Int64](repeating: 0, count: Int(end - first))
        for entry in entries[key] ?? [] {
            let stretch = Int64(entry.pane) / step
            if (first..<end).contains(stretch) { sums[Int(stretch - first)] += entry.tokens }
        }
        return sums
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
            var first: UInt32?
            var last: UInt32?
            for entry in entries[key] ?? [] where entry.account == account {
                if let seen = last, entry.pane - seen >= valueMemory { (born, first) = (nil, nil) }
                first = first ?? entry.pane
                if entry.born > 0 { born = min(born ?? .max, entry.born) }
                last = entry.pane
            }
            return now - min(now, born ?? first ?? now) < age
        }.count
    }

    func activeHours(_ key: UInt64, _ hours: Int64, now: UInt32) -> Int {
        func hour(_ pane: UInt32) -> Int64 { Int64(pane) * paneMs / 3_600_000 }
        let newest = hour(now)
        return Set(
            (entries[key] ?? []).map { hour($0.pane) }.filter {
                newest - $0 < hours && $0 <= newest
            }
        )
        .count
    }
}
