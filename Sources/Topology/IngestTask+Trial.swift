import Primitives

/// Reading a part of a source before the parts in front of it are read.
///
/// Lateness is decided by the clock of the whole source, so a part is folded on trial: as if the clock stood just
/// in front of its first event. Once the parts in front are known, ``IngestTask/holds(behind:)`` tells whether
/// every event was judged as the source's clock would have judged it. In a source that is in order of time nearly
/// every trial holds; where one does not, the part is read again in its turn.
///
/// Why a trial's judgement can be checked by few events: a verdict follows from the highest event time so far. From
/// the first event on that is higher than all in front of the part, that is the same in the trial and in the whole.
extension IngestTask {
    /// What the trial found of one event.
    struct Judged {
        var time: EventTime
        /// Whether it was on time.
        var isPlain: Bool
    }

    /// Begins with the records behind `offset`, on trial. What was read before must be flushed or dropped.
    public mutating func beginTrial(of source: Int, after offset: Int64) {
        begin(source, after: offset, clock: PartitionClock(onTrial: plan.timing))
        judged.removeAll(keepingCapacity: true)
    }

    /// Whether the trial's events were judged as they are behind `clock`.
    public func holds(behind clock: PartitionClock) -> Bool {
        guard !hasPendingJump else { return false }
        guard let highest = clock.highest else { return judged.isEmpty }
        for event in judged {
            let pane = plan.timing.paneWidth.pane(of: event.time).index
            guard event.isPlain, pane >= clock.firstOpenPane else { return false }
            if event.time > highest {
                return event.time.ms <= highest.ms + plan.timing.maxLatenessMs
            }
        }
        return true
    }

    /// Takes the trial for what it is: its clock becomes that of the source behind it, which is returned.
    public mutating func accept(behind before: PartitionClock) -> PartitionClock {
        clock = before.joined(with: clock)
        return clock
    }
}
