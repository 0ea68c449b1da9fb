import Glibc

/// The process's standard error.
public enum StandardError {
    /// True when somebody watches: progress is drawn only then.
    public static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes all of `bytes`; what the other end does not take is lost, as nothing could report it.
    public static func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let base = rest.baseAddress, rest.count > 0 {
                let written = Glibc.write(STDERR_FILENO, base, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }
}

/// The clocks of the control plane; nothing that decides a finding asks them.
public enum WallClock {
    /// Milliseconds since the Unix epoch.
    public static var nowMs: Int64 { read(CLOCK_REALTIME) }

    /// Milliseconds that never go back, from an unspecified start.
    public static var steadyMs: Int64 { read(CLOCK_MONOTONIC) }

    /// Nanoseconds that never go back, from an unspecified start.
    public static var steadyNs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
