/// A point in event time, in milliseconds since the Unix epoch.
public struct EventTime: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; may be negative.
    public var ms: Int64

    /// Wraps milliseconds since the Unix epoch.
    public init(ms: Int64) { self.ms = ms }

    /// Earlier than every event: the watermark before anything was seen.
    public static let distantPast = EventTime(ms: .min)

    /// Ordered by time.
    public static func < (a: EventTime, b: EventTime) -> Bool { a.ms < b.ms }

    /// This time moved by `ms` milliseconds.
    public func advanced(byMs ms: Int64) -> EventTime { EventTime(ms: self.ms + ms) }
}

/// The index of a pane: the finest slice of event time, aligned to the Unix epoch.
///
/// Pane `i` of width `w` covers event times `[i * w, (i + 1) * w)` in milliseconds.
public struct Pane: Hashable, Comparable, Sendable {
    /// Panes since the epoch.
    public var index: UInt32

    /// Wraps an index.
    public init(index: UInt32) { self.index = index }

    /// Ordered by index.
    public static func < (a: Pane, b: Pane) -> Bool { a.index < b.index }
}

/// The width of a pane, and the arithmetic between times and panes.
public struct PaneWidth: Hashable, Sendable {
    /// Milliseconds a pane spans, at least a second and at most one hour.
    public let ms: Int64

    /// A width in milliseconds; nil outside 1 s ... 1 h (shorter panes since 1970 do not fit a pane's index).
    public init?(ms: Int64) {
        guard (1000...3_600_000).contains(ms) else { return nil }
        self.ms = ms
    }

    private init(uncheckedMs ms: Int64) { self.ms = ms }

    /// Ten seconds.
    public static let standard = PaneWidth(uncheckedMs: 10_000)

    /// The pane that contains `time`; times outside 1970 ... the last pane index are clamped.
    public func pane(of time: EventTime) -> Pane {
        guard time.ms > 0 else { return Pane(index: 0) }
        return Pane(index: UInt32(clamping: time.ms / ms))
    }

    /// The first millisecond of `pane`.
    public func start(of pane: Pane) -> EventTime { EventTime(ms: Int64(pane.index) * ms) }

    /// The first millisecond after `pane`.
    public func end(of pane: Pane) -> EventTime { EventTime(ms: (Int64(pane.index) + 1) * ms) }

    /// How many panes a span of `spanMs` milliseconds covers, rounded up; at least 1.
    public func count(spanMs: Int64) -> UInt32 {
        UInt32(clamping: max(1, (spanMs + ms - 1) / ms))
    }
}
