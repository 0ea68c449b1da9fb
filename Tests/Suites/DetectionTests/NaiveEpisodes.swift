import Detection
import Primitives

/// The lifecycle of findings as a plain record per rule and entity that is never forgotten.
struct NaiveEpisodes {
    private struct Record {
        var isOpen = false
        var start: EventTime?
        var lastHeld = EventTime.distantPast
        var lastEmitted = EventTime.distantPast
        var closedAt: EventTime?
        var wasSuppressed = false
        var sequence = 0
    }

    let lifecycles: [Lifecycle]
    private(set) var counters = EpisodeTable.Counters()
    private var records: [WatchedEntity: Record] = [:]

    init(lifecycles: [Lifecycle]) { self.lifecycles = lifecycles }

    /// Everything with a run or an episode under way.
    var watched: [WatchedEntity] { records.filter { $0.value.start != nil }.keys.sorted() }

    mutating func observe(_ id: WatchedEntity, _ holds: Bool, _ now: EventTime) -> Transition? {
        var record = records[id] ?? Record()
        let step = next(&record, id, holds, now)
        records[id] = record
        counters.open = records.values.count { $0.isOpen }
        counters.pending =
            records.filter { id, record in
                let coolsUntil = record.closedAt?.advanced(byMs: lifecycles[id.rule].cooldownMs)
                let isCooling = coolsUntil.map { _ in true } ?? false
                return !record.isOpen && record.start != nil && !isCooling
            }.count
        return step
    }

    private mutating func next(
        _ record: inout Record, _ id: WatchedEntity, _ holds: Bool, _ now: EventTime
    ) -> Transition? {
        let lifecycle = lifecycles[id.rule]
        if let closed = record.closedAt, closed.advanced(byMs: lifecycle.cooldownMs) <= now,
            record.start == nil
        {
            record.closedAt = nil
        }
        if !record.isOpen {
            guard holds else {
                record.start = nil
                return nil
            }
            if record.start == nil { (record.start, record.wasSuppressed) = (now, false) }
            record.lastHeld = now
            guard let start = record.start, now.ms - start.ms >= lifecycle.holdMs else {
                return nil
            }
            if let closed = record.closedAt, now < closed.advanced(byMs: lifecycle.cooldownMs) {
                if !record.wasSuppressed { counters.suppressed += 1 }
                record.wasSuppressed = true
                return nil
            }
            (record.isOpen, record.closedAt, record.sequence) = (true, nil, 0)
            return emit(.create, &record, id, now)
        }
        if holds {
            record.lastHeld = now
            guard now.ms - record.lastEmitted.ms >= lifecycle.updateEveryMs else { return nil }
            record.sequence += 1
            return emit(.update, &record, id, now)
        }
        guard now.ms - record.lastHeld.ms >= lifecycle.keepMs else { return nil }
        record.sequence += 1
        defer { (record.isOpen, record.start, record.closedAt) = (false, nil, now) }
        return emit(.close, &record, id, now)
    }

    private func emit(
        _ status: Finding.Status, _ record: inout Record, _ id: WatchedEntity, _ now: EventTime
    ) -> Transition {
        record.lastEmitted = now
        return Transition(
            status: status, rule: id.rule, entityKey: id.entityKey, start: record.start ?? now,
            lastHeld: record.lastHeld, time: now, sequence: record.sequence)
    }
}
