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
