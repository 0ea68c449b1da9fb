import Primitives

/// Where one rule stands with one entity.
struct Episode: Equatable {
    enum Phase: UInt8 {
        case pending, firing, cooling
    }

    var phase = Phase.pending
    /// When the condition began to hold: of the episode, or of the run within a cooldown.
    var start = EventTime.distantPast
    /// When it held last.
    var lastHeld = EventTime.distantPast
    /// When the last create or update was emitted.
    var lastEmitted = EventTime.distantPast
    /// When the cooldown ends.
    var coolsUntil = EventTime.distantPast
    var sequence = 0
    /// Cooling only: the condition holds again.
    var isRunning = false
    /// Cooling only: the run was counted as suppressed.
    var isCounted = false
    var subject: Subject?

    /// Whether the condition must be evaluated at every pane close.
    var isWatched: Bool { phase != .cooling || isRunning }

    /// Whether nothing is left to remember at `time`.
    func isIdle(at time: EventTime) -> Bool {
        switch phase {
        case .pending: !isRunning
        case .firing: false
        case .cooling: !isRunning && coolsUntil <= time
        }
    }

    /// Adds the entry to the counters of what is open and pending, or takes it out (`sign` -1).
    func count(into counters: inout EpisodeTable.Counters, by sign: Int) {
        if phase == .firing { counters.open += sign }
        if phase == .pending, isRunning { counters.pending += sign }
    }

    /// Takes one evaluation; returns the step to emit.
    mutating func observe(
        _ holds: Bool, _ id: WatchedEntity, _ lifecycle: Lifecycle, at time: EventTime,
        _ counters: inout EpisodeTable.Counters
    ) -> Transition? {
        count(into: &counters, by: -1)
        defer { count(into: &counters, by: 1) }
        if phase == .firing {
            return holds
                ? hold(id, lifecycle, at: time) : lapse(id, lifecycle, at: time)
        }
        guard holds else {
            isRunning = false
            return nil
        }
        if !isRunning {
            (isRunning, isCounted, start) = (true, false, time)
        }
        lastHeld = time
        guard time.ms - start.ms >= lifecycle.holdMs else { return nil }
        if phase == .cooling, time < coolsUntil {
            if !isCounted { counters.suppressed += 1 }
            isCounted = true
            return nil
        }
        (phase, isRunning, sequence, lastEmitted) = (.firing, false, 0, time)
        return transition(.create, id, at: time)
    }

    private mutating func hold(
        _ id: WatchedEntity, _ lifecycle: Lifecycle, at time: EventTime
    ) -> Transition? {
        lastHeld = time
        guard time.ms - lastEmitted.ms >= lifecycle.updateEveryMs else { return nil }
        sequence += 1
        lastEmitted = time
        return transition(.update, id, at: time)
    }

    private mutating func lapse(
        _ id: WatchedEntity, _ lifecycle: Lifecycle, at time: EventTime
    ) -> Transition? {
        guard time.ms - lastHeld.ms >= lifecycle.keepMs else { return nil }
        sequence += 1
        phase = .cooling
        coolsUntil = time.advanced(byMs: lifecycle.cooldownMs)
        defer { subject = nil }
        return transition(.close, id, at: time)
    }

    private func transition(
        _ status: Finding.Status, _ id: WatchedEntity, at time: EventTime
    ) -> Transition {
        Transition(
            status: status, rule: id.rule, entityKey: id.entityKey, start: start,
            lastHeld: lastHeld, time: time, sequence: sequence,
            subject: status == .create ? nil : subject)
    }
}
