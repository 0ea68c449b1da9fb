import Execution

/// A one-line progress bar on standard error, drawn only when that is a terminal.
///
/// Redrawn at most ten times a second, so calling `update` per batch is free.
public struct ProgressBar: ~Copyable {
    private let label: String
    private let total: Int64
    private let isShown: Bool
    private let startMs: Int64
    private var drawnMs: Int64
    private var done: Int64 = 0
    private var records: Int64?
    private var note = ""

    /// A bar for `total` units of work (0 = unknown).
    public init(label: String, total: Int64, isShown: Bool = StandardError.isTerminal) {
        self.label = label
        self.total = total
        self.isShown = isShown
        self.startMs = MachineClock.monotonicMs()
        self.drawnMs = startMs
    }

    /// Says that `done` units are through in all; `records` of them give the rate, where units are something else,
    /// and `note` stands behind it.
    public mutating func update(done: Int64, records: Int64? = nil, note: String = "") {
        self.done = done
        self.records = records
        self.note = note
        guard isShown else { return }
        let now = MachineClock.monotonicMs()
        guard now - drawnMs >= 100 else { return }
        drawnMs = now
        draw(elapsedMs: now - startMs)
    }

    /// Clears the line.
    public consuming func finish() {
        guard isShown else { return }
        StandardError.write(Array("\r\u{1B}[2K".utf8))
    }

    private func draw(elapsedMs: Int64) {
        var line = Self.line(label: label, done: done, total: total, elapsedMs: elapsedMs)
        if let records { line += "  \(records * 1_000 / max(1, elapsedMs)) records/s  \(note)" }
        StandardError.write(Array("\r\u{1B}[2K\(line)".utf8))
    }

    /// The bar as text: `backtest [#####---------------]  25 %  00:03 left`.
    public static func line(
        label: String, done: Int64, total: Int64, elapsedMs: Int64
    ) -> String {
        guard total > 0 else { return "\(label) \(clock(ms: elapsedMs))" }
        let share = min(1, max(0, Double(done) / Double(total)))
        let width = 20
        let filled = Int(share * Double(width))
        let bar =
            String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        let percent = String(Int(share * 100))
        let padded = String(repeating: " ", count: 3 - percent.utf8.count) + percent
        let left = share > 0 ? clock(ms: Int64(Double(elapsedMs) * (1 - share) / share)) : "--:--"
        return "\(label) [\(bar)] \(padded) %  \(left) left"
    }

    private static func clock(ms: Int64) -> String {
        let seconds = min(ms / 1_000, 5_999)
        let pad = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(pad(seconds / 60)):\(pad(seconds % 60))"
    }
}
