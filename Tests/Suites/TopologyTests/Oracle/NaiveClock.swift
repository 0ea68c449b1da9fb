import Topology

/// Decides lateness from the definition: one source's events in order, each with the pane it counts in.
struct NaiveClock {
    enum Fate: Equatable {
        case onTime, late, tooLate, future
    }

    struct Settled {
        var event: TestEvent
        var fate: Fate
        var pane: Int64
    }

    let timing: TopologyPlan.Timing

    private var width: Int64 { timing.paneWidth.ms }

    func settle(_ events: [TestEvent]) -> [Settled] {
        var settled: [Settled] = []
        var highest: Int64?
        for (i, event) in events.enumerated() {
            if let stamp = event.timestampMs, event.timeMs > stamp + timing.maxFutureSkewMs {
                settled.append(Settled(event: event, fate: .future, pane: 0))
                continue
            }
            let isJump = highest.map { event.timeMs > $0 + timing.maxLatenessMs } ?? true
            if isJump, !isBacked(event), !isConfirmed(event, by: events[(i + 1)...], highest) {
                settled.append(Settled(event: event, fate: .future, pane: 0))
                continue
            }
            highest = max(highest ?? event.timeMs, event.timeMs)
            settled.append(place(event, highest: highest ?? event.timeMs))
        }
        return settled
    }

    /// A record timestamp near the event's time tells that it is no mistake.
    private func isBacked(_ event: TestEvent) -> Bool {
        event.timestampMs.map { event.timeMs >= $0 - timing.maxLatenessMs } ?? false
    }

    /// The next record's event confirms a jump if it lies near it; at the end of the input the first event,
    /// or a jump of at most a day, is believed.
    private func isConfirmed(
        _ event: TestEvent, by later: ArraySlice<TestEvent>, _ highest: Int64?
    ) -> Bool {
        if let next = later.first { return next.timeMs >= event.timeMs - timing.maxLatenessMs }
        return highest.map { event.timeMs <= $0 + 86_400_000 } ?? true
    }

    private func place(_ event: TestEvent, highest: Int64) -> Settled {
        let pane = event.timeMs / width
        let firstOpen = (highest - timing.latenessMs) / width
        if pane >= firstOpen { return Settled(event: event, fate: .onTime, pane: pane) }
        if event.timeMs < highest - timing.maxLatenessMs {
            return Settled(event: event, fate: .tooLate, pane: 0)
        }
        return Settled(event: event, fate: .late, pane: firstOpen)
    }
}
