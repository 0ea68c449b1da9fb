import Detection
import Primitives

/// Everything one entity was told, and every feature counted from it anew.
struct NaiveFacts {
    struct Row {
        var pane: Int64
        var account: String
        var bornPane: Int64?
        var event: TestEvent
    }

    var rows: [Row] = []
    private(set) var firstPane: Int64 = 0
    /// Panes the engine has watched before the one being evaluated.
    var watched: Int64 = 0
    /// Panes of silence after which an age begins anew: 180 days.
    let memory: Int64
    /// The same for an account of a fingerprint, and what is new: 14 days.
    let accountMemory: Int64
    /// Panes over which loads are kept; they are counted in eighths of it.
    let loadWindow: Int64

    init(memory: Int64, accountMemory: Int64, loadWindow: Int64) {
        self.memory = memory
        self.accountMemory = accountMemory
        self.loadWindow = loadWindow
    }

    mutating func add(_ row: Row) {
        if rows.last.map({ row.pane - $0.pane >= memory }) ?? true { firstPane = row.pane }
        rows.append(row)
    }

    var lastSeen: Int64 { rows.last?.pane ?? .min / 2 }

    func age(_ now: Int64) -> Int64 { now - firstPane }

    func recent(_ window: Int64, _ now: Int64) -> [Row] { rows.filter { $0.pane > now - window } }

    func sum(_ window: Int64, _ now: Int64, _ measure: (TestEvent) -> Int64) -> Double {
        var step: Int64 = 1
        while step * 64 <= window { step *= 2 }
        let edge = (now + 1 - window) / step * step
        return Double(rows.filter { $0.pane >= edge }.reduce(0) { $0 + measure($1.event) })
    }

    func distinct(_ window: Int64, _ now: Int64, _ value: (Row) -> String?) -> Double {
        Double(Set(recent(window, now).compactMap(value)).count)
    }

    /// Requests per account, over the window rounded out to whole buckets.
    func evenness(_ now: Int64) -> Double {
        let bucket = (loadWindow + 7) / 8
        let edge = max(0, now + 1 - loadWindow) / bucket
        let loads = Set(recent(loadWindow, now).map(\.account)).map { account in
            Double(rows.count { $0.account == account && $0.pane / bucket >= edge })
        }
        let n = loads.reduce(0, +)
        let squares = loads.reduce(0) { $0 + $1 * $1 }
        let d = Double(loads.count)
        return d > 0 && n >= 3 * d && squares > n ? min(1, n * n / (d * (squares - n))) : .nan
    }

    /// The account's rows since it was last silent for as long as it is remembered.
    private func remembered(_ account: String) -> [Row] {
        var kept: [Row] = []
        for row in rows where row.account == account {
            if let last = kept.last, row.pane - last.pane >= accountMemory { kept = [] }
            kept.append(row)
        }
        return kept
    }

    /// Accounts seen in the window that were created, or where unknown first seen here, within 14 days.
    func newAccounts(_ window: Int64, _ now: Int64) -> Double {
        let histories = Set(recent(window, now).map(\.account)).map { remembered($0) }
        let created = histories.map { rows in rows.compactMap(\.bornPane).min() }
        if created.contains(nil), watched < accountMemory { return .nan }
        let young = zip(histories, created).filter { rows, born in
            now - min(now, born ?? rows.first?.pane ?? now) < accountMemory
        }
        return Double(young.count)
    }
}
