import Broker

/// Watches for partitions that have something to read and do not move.
///
/// A partition held behind one that moves is nothing to tell of: after hours of downtime it is so for a while.
struct StallWatch {
    private struct Entry {
        var reason: Stall.Reason
        var mark: Int64
        /// Milliseconds in which the partition itself did not move.
        var stillMs: Int64 = 0
        /// Milliseconds in which what it waits for did not move either.
        var stuckMs: Int64 = 0
        var isTold = false
    }

    private var entries: [TopicPartition: Entry] = [:]
    private var lastMs: Int64?

    private static let everyMs: Int64 = 1_000
    /// A process that was stopped has not waited.
    private static let longestMs: Int64 = 2_000
    private static let tellAfterMs: Int64 = 60_000
    private static let reportAfterMs: Int64 = 10_000

    /// Partitions that have not moved for 10 s, by partition.
    var stalls: [Stall] {
        entries.filter { $0.value.stillMs >= Self.reportAfterMs }
            .map { Stall(partition: $0.key, reason: $0.value.reason, forMs: $0.value.stillMs) }
            .sorted { $0.partition < $1.partition }
    }

    /// Looks once a second, and tells of each partition that is stuck for a minute, once.
    mutating func look(at shard: Shard, _ nowMs: Int64) {
        let last = lastMs ?? nowMs
        guard nowMs - last >= Self.everyMs || lastMs == nil else { return }
        lastMs = nowMs
        let passed = min(nowMs - last, Self.longestMs)
        var seen: [TopicPartition: Entry] = [:]
        for case .some(let slot) in shard.sources {
            guard let reason = shard.reason(of: slot) else { continue }
            seen[slot.id] = next(slot.id, reason, slot.position, passed)
        }
        for case .some(let slot) in shard.states {
            guard let reason = shard.reason(of: slot) else { continue }
            seen[slot.source] = next(slot.source, reason, slot.mark, passed)
        }
        entries = seen
        tell(shard.notify)
    }

    private func next(
        _ id: TopicPartition, _ reason: Stall.Reason, _ mark: Int64, _ passedMs: Int64
    ) -> Entry {
        guard var entry = entries[id], entry.mark == mark else {
            return Entry(reason: reason, mark: mark)
        }
        entry.stillMs += passedMs
        entry.stuckMs = entry.reason == reason ? entry.stuckMs + passedMs : 0
        entry.reason = reason
        return entry
    }

    private mutating func tell(_ notify: (EngineEvent) -> Void) {
        for id in entries.keys.sorted() {
            guard let entry = entries[id], !entry.isTold, entry.stuckMs >= Self.tellAfterMs else {
                continue
            }
            entries[id]?.isTold = true
            notify(
                .stalled(Stall(partition: id, reason: entry.reason, forMs: entry.stillMs)))
        }
    }
}

extension Shard {
    /// Why a source with something to read does not go on; nil where it has nothing.
    fileprivate func reason(of slot: IngestPartition) -> Stall.Reason? {
        guard !slot.isQuiet else {
            return slot.hasPendingJump && !slot.isFinished ? .pendingJump : nil
        }
        if let limit, limit.holds(slot.highest) {
            return limit.isCrowded
                ? .memory(behind: limit.partition, slowest: limit.slowest)
                : .alignment(behind: limit.partition, slowest: limit.slowest)
        }
        return obstacle
    }

    /// Why a task with something to read does not go on; nil where it has nothing.
    fileprivate func reason(of slot: StatePartition) -> Stall.Reason? {
        switch slot.phase {
        case .restoring: .restoring
        case .holding: .snapshot
        case .live: slot.isCaughtUp ? nil : obstacle
        }
    }

    private var obstacle: Stall.Reason {
        if hold != nil || !(membership?.isValid ?? false) { return .membership }
        return hasRoom && !isFull ? .broker : .commits
    }
}
