/// Where one rule stands with one entity, told pane by pane: written from the documentation of rules.
struct NaiveEpisode {
    enum Step: String {
        case create, update, close
    }

    private(set) var isFiring = false
    /// The first of the present run of panes at whose end the condition held.
    private var runStart: Int64?
    private(set) var firstSeen: Int64 = 0
    private(set) var lastHeld: Int64 = 0
    private(set) var sequence = 0
    private var lastEmitted: Int64 = 0
    private var coolsUntil: Int64 = .min

    /// Whether the condition must be asked at every pane's end, touched or not.
    var isWatched: Bool { isFiring || runStart != nil }

    mutating func tell(_ holds: Bool, at time: Int64, _ rule: NaiveRule) -> Step? {
        let width = rule.width.ms
        if isFiring {
            if holds {
                lastHeld = time
                guard time - lastEmitted >= rule.updatePanes * width else { return nil }
                return emit(.update, at: time)
            }
            guard time - lastHeld >= rule.keepPanes * width else { return nil }
            isFiring = false
            runStart = nil
            coolsUntil = time + rule.cooldownPanes * width
            return emit(.close, at: time)
        }
        guard holds else {
            runStart = nil
            return nil
        }
        let start = runStart ?? time
        runStart = start
        guard time - start >= rule.holdPanes * width, time >= coolsUntil else { return nil }
        (isFiring, firstSeen, lastHeld, sequence) = (true, start, time, -1)
        return emit(.create, at: time)
    }

    private mutating func emit(_ step: Step, at time: Int64) -> Step {
        sequence += 1
        lastEmitted = time
        return step
    }
}
