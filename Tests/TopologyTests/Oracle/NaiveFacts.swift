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
    let retention: Int64
    /// Panes over which loads are kept; they are counted in eighths of it.
    let loadWindow: Int64

    /// Nothing of before a silence as long as the retention is remembered.
    mutating func add(_ row: Row) {
        if let last = rows.last, row.pane - last.pane >= retention { rows = [] }
        rows.append(row)
    }

    var lastSeen: Int64 { rows.last?.pane ?? .min / 2 }

    func age(_ now: Int64) -> Int64 { now - (rows.first?.pane ?? now) }

    func recent(_ window: Int64, _ now: Int64) -> [Row] { rows.filter { $0.pane > now - window } }

    func sum(_ window: Int64, _ now: Int64, _ measure: (TestEvent) -> Int64) -> Double {
        Double(recent(window, now).reduce(0) { $0 + measure($1.event) })
    }

    func distinct(_ window: Int64, _ now: Int64, _ value: (Row) -> String?) -> Double {
        Double(Set(recent(window, now).compactMap(value)).count)
    }

    /// Requests per account, over the window rounded out to whole buckets.
    func evenness(_ now: Int64) -> Double {
        let bucket = (loadWindow + 7) / 8
        let edge = max(0, now + 1 - loadWindow) / bucket
        let loads = Set(recent(loadWindow, now).map(\.account)).map { account in
            Double(remembered(account).count { $0.pane / bucket >= edge })
        }
        let n = loads.reduce(0, +)
        let squares = loads.reduce(0) { $0 + $1 * $1 }
        let d = Double(loads.count)
        return d > 0 && n >= 3 * d && squares > n ? n * n / (d * (squares - n)) : .nan
    }

    /// The account's rows since it was last silent for as long as the retention.
    private func remembered(_ account: String) -> [Row] {
        var kept: [Row] = []
        for row in rows where row.account == account {
            if let last = kept.last, row.pane - last.pane >= retention { kept = [] }
            kept.append(row)
        }
        return kept
    }

    /// Accounts seen in the window that were created, or where unknown first seen here, within 14 days.
    func newAccounts(_ window: Int64, _ now: Int64, youngerThan age: Int64) -> Double {
        let accounts = Set(recent(window, now).map(\.account))
        let young = accounts.filter { account in
            let born = remembered(account).map { min($0.pane, $0.bornPane ?? .max) }.min() ?? now
            return now - born < age
        }
        return Double(young.count)
    }
}
