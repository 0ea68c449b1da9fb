/// Where a client's log lines and statistics go.
///
/// The closures run on librdkafka's threads or on the thread that polls: they must be quick, must not
/// block and must not call back into the client.
public struct Hooks: Sendable {
    /// A line of librdkafka's log.
    public struct LogLine: Sendable {
        /// syslog severity: 0 emergency ... 3 error, 4 warning, 5 notice, 6 information, 7 debug.
        public var level: Int
        /// The short code of the place, such as `FAIL` or `CONFWARN`.
        public var facility: String
        /// The message.
        public var text: String
    }

    /// Takes log lines.
    public var log: @Sendable (LogLine) -> Void
    /// Takes a statistics document (JSON, see librdkafka's STATISTICS.md), lent for the call.
    public var statistics: @Sendable (UnsafeRawBufferPointer) -> Void
    /// Milliseconds between statistics documents; 0 turns them off.
    public var statisticsIntervalMs: Int

    /// Hooks; by default logs and statistics are dropped.
    public init(
        log: @escaping @Sendable (LogLine) -> Void = { _ in },
        statistics: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { _ in },
        statisticsIntervalMs: Int = 0
    ) {
        self.log = log
        self.statistics = statistics
        self.statisticsIntervalMs = statisticsIntervalMs
    }
}
