import Glibc

/// The machine's clocks: only what runs the engine may ask, never what decides what it does.
public enum MachineClock {
    /// Milliseconds that only grow: for intervals.
    public static func monotonicMs() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Epoch milliseconds, as far as the machine knows.
    public static func wallMs() -> Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
