/// Lets the first lines of a message through and holds back the flood behind them.
///
/// Per (level, label, message): `burst` lines every `intervalMs`. The first line of the next interval says how many
/// were held back. Critical lines always pass. At most `maxMessages` messages are told apart; when that
/// many are known, the counts start over.
public struct RepeatLimit: Sendable {
    /// What to do with a line.
    public enum Decision: Equatable, Sendable {
        /// Write it, and say that `heldBack` like it were not.
        case write(heldBack: Int64)
        /// Count it only.
        case hold
    }

    private struct State {
        var startMs: Int64
        var written: Int
        var heldBack: Int64
    }

    private let burst: Int
    private let intervalMs: Int64
    private let maxMessages: Int
    private var states: [String: State] = [:]

    /// Lets `burst` equal messages through every `intervalMs` milliseconds.
    public init(burst: Int = 10, intervalMs: Int64 = 10_000, maxMessages: Int = 1_000) {
        precondition(burst > 0 && intervalMs > 0 && maxMessages > 0, "a limit is positive")
        self.burst = burst
        self.intervalMs = intervalMs
        self.maxMessages = maxMessages
    }

    /// Whether a line at `nowMs` may be written; counts it either way.
    public mutating func admit(
        level: Logger.Level, label: String, message: String, atMs nowMs: Int64
    ) -> Decision {
        if level == .critical { return .write(heldBack: 0) }
        let key = "\(level.rawValue) \(label) \(message)"
        guard var state = states[key] else {
            if states.count >= maxMessages { states.removeAll(keepingCapacity: true) }
            states[key] = State(startMs: nowMs, written: 1, heldBack: 0)
            return .write(heldBack: 0)
        }
        defer { states[key] = state }
        if nowMs - state.startMs >= intervalMs || nowMs < state.startMs {
            let heldBack = state.heldBack
            state = State(startMs: nowMs, written: 1, heldBack: 0)
            return .write(heldBack: heldBack)
        }
        if state.written < burst {
            state.written += 1
            return .write(heldBack: 0)
        }
        state.heldBack += 1
        return .hold
    }
}
