/// Writes log lines, in the conventions of swift-log: a label, a level, metadata, and a handler behind them.
///
/// Messages are constant text and what varies goes into metadata: equal messages are then one thing that
/// happens often, and the handler's rate limit can tell. A logger is a value; copies share the handler.
public struct Logger: Sendable {
    /// What the lines are about, as `stillwatch.kafka`.
    public let label: String
    /// The least severe level written.
    public var logLevel: Level
    /// Written with every line; a line's own metadata wins.
    public var metadata: Metadata
    private let handler: LogHandler

    /// A logger called `label` that writes through `handler`.
    public init(label: String, level: Level = .info, handler: LogHandler) {
        self.label = label
        self.logLevel = level
        self.metadata = [:]
        self.handler = handler
    }

    /// The same logger under another label.
    public func labelled(_ label: String) -> Logger {
        var copy = Logger(label: label, level: logLevel, handler: handler)
        copy.metadata = metadata
        return copy
    }

    /// The value written with every line under `key`.
    public subscript(metadataKey key: String) -> MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line if `level` is at least `logLevel`; otherwise evaluates nothing.
    public func log(
        level: Level, _ message: @autoclosure () -> Message,
        metadata: @autoclosure () -> Metadata? = nil
    ) {
        guard level >= logLevel else { return }
        let own = metadata() ?? [:]
        let all = self.metadata.merging(own) { _, line in line }
        handler.log(level: level, label: label, message: message().text, metadata: all)
    }

    /// Writes a line that only someone tracing the program's steps wants.
    public func trace(
        _ message: @autoclosure () -> Message, metadata: @autoclosure () -> Metadata? = nil
    ) {
        log(level: .trace, message(), metadata: metadata())
    }

    /// Writes a line that helps find a fault.
    public func debug(
        _ message: @autoclosure () -> Message, metadata: @autoclosure () -> Metadata? = nil
    ) {
        log(level: .debug, message(), metadata: metadata())
    }

    /// Writes a line about the ordinary course.
    public func info(
        _ message: @autoclosure () -> Message, metadata: @autoclosure () -> Metadata? = nil
    ) {
        log(level: .info, message(), metadata: metadata())
    }

    /// Writes a line about something ordinary but rare.
    public func notice(
        _ message: @autoclosure () -> Message, metadata: @autoclosure () -> Metadata? = nil
    ) {
        log(level: .notice, message(), metadata: metadata())
    }

    /// Writes a line about something that may need a look.
    public func warning(
        _ message: @autoclosure () -> Message, metadata: @autoclosure () -> Metadata? = nil
    ) {
        log(level: .warning, message(), metadata: metadata())
    }

    /// Writes a line about something that failed.
    public func error(
        _ message: @autoclosure () -> Message, metadata: @autoclosure () -> Metadata? = nil
    ) {
        log(level: .error, message(), metadata: metadata())
    }

    /// Writes a line about something that stops the program.
    public func critical(
        _ message: @autoclosure () -> Message, metadata: @autoclosure () -> Metadata? = nil
    ) {
        log(level: .critical, message(), metadata: metadata())
    }
}
