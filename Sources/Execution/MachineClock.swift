import Glibc

/// The machine's clocks: only what runs the engine may ask, never what decides what it does.
public enum MachineClock {
    /// Milliseconds that only grow: for intervals.
    public static func monotonicMs() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Epoch milliseconds, as far as the machine knows.
    public static func wallMs() -> Int64 { read(CLOCK_REALTIME) }

    /// Nanoseconds that only grow: for what takes less than a millisecond.
    public static func monotonicNs() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
