import Primitives

/// What was counted as bytes: for a backtest that is to be gone on with by the same version.
extension Tally {
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(integer: UInt64(hours.count))
        for (hour, count) in hours.sorted(by: { $0.key < $1.key }) {
            buffer.append(integer: hour)
            buffer.append(integer: Int64(count))
        }
        buffer.append(integer: UInt64(panes.count))
        for (key, load) in panes.sorted(by: { Self.order($0.key) < Self.order($1.key) }) {
            buffer.append(integer: Int64(key.campaign))
            buffer.append(integer: key.pane)
            buffer.append(integer: Int64(load.requests))
            buffer.append(integer: Int64(load.tokens))
        }
        buffer.append(integer: UInt64(spans.count))
        for (account, span) in spans.sorted(by: { $0.key < $1.key }) {
            buffer.append(integer: Int64(account))
            buffer.append(integer: span.lowerBound.ms)
            buffer.append(integer: span.upperBound.ms)
        }
        buffer.append(integer: UInt64(uses.count))
        for (use, ms) in uses.sorted(by: { Self.order($0.key) < Self.order($1.key) }) {
            buffer.append(integer: Int64(use.account))
            buffer.append(integer: use.fingerprint)
            buffer.append(integer: ms)
        }
    }

    private static func order(_ key: CampaignPane) -> (Int, UInt32) { (key.campaign, key.pane) }
    private static func order(_ key: Use) -> (Int, UInt64) { (key.account, key.fingerprint) }

    /// Reads what `encode` has written; false where it is something else.
    func restore(_ bytes: ByteSlice) -> Bool {
        var reader = ByteReader(bytes)
        func number() -> Int64? { reader.integer(Int64.self) }
        guard let hourCount = number() else { return false }
        for _ in 0..<hourCount {
            guard let hour = number(), let count = number() else { return false }
            hours[hour] = Int(count)
        }
        guard let paneCount = number() else { return false }
        for _ in 0..<paneCount {
            guard let campaign = number(), let pane = reader.integer(UInt32.self),
                let requests = number(), let tokens = number()
            else { return false }
            var load = ActivityLedger.Load()
            load.requests = Int(requests)
            load.tokens = Int(tokens)
            panes[CampaignPane(campaign: Int(campaign), pane: pane)] = load
        }
        guard let spanCount = number() else { return false }
        for _ in 0..<spanCount {
            guard let account = number(), let first = number(), let last = number(), first <= last
            else { return false }
            spans[Int(account)] = EventTime(ms: first)...EventTime(ms: last)
        }
        guard let useCount = number() else { return false }
        for _ in 0..<useCount {
            guard let account = number(), let fingerprint = reader.integer(UInt64.self),
                let ms = number()
            else { return false }
            uses[Use(account: Int(account), fingerprint: fingerprint)] = ms
        }
        return reader.remaining == 0
    }
}
