import Primitives

/// Decides lateness for one source partition, from the order of its own records alone.
///
/// The watermark is the highest event time less the allowed lateness; panes that end at or before it are
/// closed. A replay of the same records in the same order decides the same.
public struct PartitionClock: Sendable, Equatable {
    /// The highest event time admitted; nil before the first.
    public private(set) var highest: EventTime?
    /// The lowest pane an event was put in; nil before the first.
    public private(set) var lowestPane: UInt32?
    /// The first pane that is still open.
    public private(set) var firstOpenPane: UInt32 = 0
    private let timing: TopologyPlan.Timing
    /// Whether the first event is no jump, whatever lies in front of it.
    let isOnTrial: Bool

    /// What becomes of an event.
    public enum Verdict: Equatable, Sendable {
        /// It belongs to this pane.
        case onTime(pane: UInt32)
        /// Its pane is closed: it counts in this, the first open one.
        case late(pane: UInt32)
        /// It is too late to count.
        case tooLate
        /// It is further ahead of its record's timestamp than the skew allows.
        case future
        /// It is a jump ahead that nothing confirms yet.
        case jump
    }

    /// The clock of a partition nothing was read from, or one that goes on where an earlier one stood.
    public init(
        _ timing: TopologyPlan.Timing, highest: EventTime? = nil, firstOpenPane: UInt32 = 0,
        lowestPane: UInt32? = nil
    ) {
        self.timing = timing
        self.highest = highest
        self.firstOpenPane = firstOpenPane
        self.lowestPane = lowestPane
        isOnTrial = false
    }

    /// The clock of a part of a partition, while it is not known how far the parts in front of it come.
    init(onTrial timing: TopologyPlan.Timing) {
        self.timing = timing
        isOnTrial = true
    }

    /// The clock behind both: this one, and that of the part that follows.
    func joined(with part: PartitionClock) -> PartitionClock {
        let lowest = [lowestPane, part.lowestPane].compactMap(\.self).min()
        guard let highest = part.highest else { return self }
        return PartitionClock(
            timing, highest: max(self.highest ?? highest, highest),
            firstOpenPane: max(firstOpenPane, part.firstOpenPane), lowestPane: lowest)
    }

    /// The clock as it stands to somebody who sees nothing but `panes`.
    public func limited(to panes: Range<UInt32>) -> PartitionClock {
        guard panes != 0..<(.max), let highest else { return self }
        let width = timing.paneWidth
        let last = width.start(of: Pane(index: panes.upperBound)).advanced(byMs: -1)
        let isBefore = highest < width.start(of: Pane(index: panes.lowerBound))
        let isBehind = lowestPane.map { $0 >= panes.upperBound } ?? true
        return PartitionClock(
            timing, highest: min(highest, last),
            firstOpenPane: min(firstOpenPane, panes.upperBound),
            lowestPane: isBefore || isBehind ? nil : lowestPane.map { max($0, panes.lowerBound) })
    }

    /// Judges an event and, where it is admitted, moves the clock.
    ///
    /// A jump is an event that lies further ahead than `maxLatenessMs`, so that admitting it would make
    /// ordinary events behind it too late. A record timestamp near the event's time confirms it;
    /// `confirmed` says that another event has.
    public mutating func judge(
        _ time: EventTime, timestampMs: Int64?, confirmed: Bool = false
    ) -> Verdict {
        if let stamp = timestampMs, time.ms > stamp + timing.maxFutureSkewMs { return .future }
        if isJump(time), !confirmed, !Self.agrees(time, timestampMs, timing) { return .jump }
        if let highest {
            if time > highest { advance(to: time) }
        } else {
            advance(to: time)
        }
        let pane = timing.paneWidth.pane(of: time).index
        guard pane < firstOpenPane else {
            lowestPane = min(lowestPane ?? pane, pane)
            return .onTime(pane: pane)
        }
        if let highest, time.ms < highest.ms - timing.maxLatenessMs { return .tooLate }
        lowestPane = min(lowestPane ?? firstOpenPane, firstOpenPane)
        return .late(pane: firstOpenPane)
    }

    private func isJump(_ time: EventTime) -> Bool {
        guard let highest else { return !isOnTrial }
        return time.ms > highest.ms + timing.maxLatenessMs
    }

    private static func agrees(
        _ time: EventTime, _ timestampMs: Int64?, _ timing: TopologyPlan.Timing
    ) -> Bool {
        guard let stamp = timestampMs else { return false }
        return time.ms >= stamp - timing.maxLatenessMs
    }

    private mutating func advance(to time: EventTime) {
        highest = time
        let watermark = time.advanced(byMs: -timing.latenessMs)
        firstOpenPane = max(firstOpenPane, timing.paneWidth.pane(of: watermark).index)
    }

    /// Closes every pane up to the highest event time: the source is idle or has ended.
    public mutating func closeAll() {
        guard let highest else { return }
        firstOpenPane = max(firstOpenPane, timing.paneWidth.pane(of: highest).index &+ 1)
    }
}
