import Execution
import Glibc
import Synchronization

/// Holds reading to so many records a second, over all sources that share it.
public final class RateLimit: Sendable {
    private let perSecond: Int
    private let startMs = MachineClock.monotonicMs()
    private let taken = Atomic<Int>(0)

    /// `perSecond` records a second at most.
    public init(perSecond: Int) { self.perSecond = max(1, perSecond) }

    /// Counts records that were read, and waits where they came too early.
    func take(_ records: Int) {
        let all = taken.wrappingAdd(records, ordering: .relaxed).newValue
        let dueMs = startMs + Int64(all) * 1_000 / Int64(perSecond)
        let aheadMs = dueMs - MachineClock.monotonicMs()
        if aheadMs > 0 { usleep(UInt32(min(aheadMs, 60_000)) * 1_000) }
    }
}
