import Execution
import Synchronization

/// Formats lines, holds back repeats, keeps secrets out, and hands bytes to a writer.
///
/// One line is one `write`; lines of several threads do not mix. A line is at most 8 KiB: long values are
/// cut and end in `...`.
public final class LogHandler: Sendable {
    /// Takes a finished line with its newline.
    public typealias Writer = @Sendable (_ line: [UInt8]) -> Void
    /// Milliseconds since the Unix epoch.
    public typealias Clock = @Sendable () -> Int64

    private let format: LogFormat
    private let clock: Clock
    private let writer: Writer
    private let repeats: Mutex<RepeatLimit>

    /// A handler that writes `format` through `writer`.
    ///
    /// - Parameters:
    ///   - limit: how often one message may be written; nil for no limit.
    ///   - clock: the time of lines and of the limit.
    ///   - writer: called under a lock, one line at a time.
    public init(
        format: LogFormat, limit: RepeatLimit = RepeatLimit(),
        clock: @escaping Clock = { MachineClock.wallMs() }, writer: @escaping Writer
    ) {
        self.format = format
        self.clock = clock
        self.writer = writer
        self.repeats = Mutex(limit)
    }

    /// A handler that writes to standard error.
    public static func standardError(format: LogFormat = .text) -> LogHandler {
        LogHandler(format: format, writer: { StandardError.write($0) })
    }

    func log(level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) {
        let now = clock()
        repeats.withLock { repeats in
            let decision = repeats.admit(level: level, label: label, message: message, atMs: now)
            guard case .write(let heldBack) = decision else { return }
            var fields = metadata
            if heldBack > 0 { fields["held_back"] = .integer(heldBack) }
            writer(
                LogLine(timeMs: now, level: level, label: label, message: message, fields: fields)
                    .bytes(as: format))
        }
    }
}
