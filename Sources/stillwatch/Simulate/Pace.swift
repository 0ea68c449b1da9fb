import Execution
import Glibc

/// Holds a loop to so many turns a second, in short bursts.
struct Pace {
    private let rate: Int?
    private let startMs = MachineClock.monotonicMs()
    private var done = 0
    private var burst: Int

    /// `rate` turns a second at most; nil for no limit.
    init(rate: Int?, burstsPerSecond: Int = 100) {
        self.rate = rate
        burst = max(1, (rate ?? 0) / burstsPerSecond)
    }

    /// Counts a turn and waits where it comes too early; true where a burst is full.
    mutating func turn() -> Bool {
        guard let rate else { return false }
        done += 1
        guard done % burst == 0 else { return false }
        let dueMs = startMs + Int64(Double(done) * 1000 / Double(rate))
        let aheadMs = dueMs - MachineClock.monotonicMs()
        if aheadMs > 0 { usleep(UInt32(aheadMs) * 1000) }
        return true
    }
}
