import Broker
import Delivery

/// What stands between an instance and one of its shards: orders that reach the shard in another form.
struct LyingOrders {
    let plot: Conspiracy
    let suspendMs: Int64
    /// Partitions whose release was told before it was true.
    private var toldEarly: Set<TopicPartition> = []

    init(_ plot: Conspiracy, suspendMs: Int64) {
        self.plot = plot
        self.suspendMs = suspendMs
    }

    /// What the shard is told for a command, and what the instance is told at once.
    mutating func forge(
        _ command: ShardCommand, _ nowMs: Int64
    ) -> (command: ShardCommand?, event: ShardEvent?) {
        switch command {
        case .take(let starts, let membership, let sources):
            let forged = starts.map { forge($0, nowMs) }
            for start in forged { plot.starts[start.partition] = start }
            return (.take(forged, membership: membership, sources: sources), nil)
        case .release(let partitions, nil) where plot.tells(.worksOnAfterLoss):
            return (nil, .released(partitions))
        case .release(let partitions, .some) where plot.tells(.releasesEarly):
            toldEarly.formUnion(partitions)
            return (command, .released(partitions))
        default: return (command, nil)
        }
    }

    /// Whether the instance is to hear an event.
    mutating func passes(_ event: ShardEvent, _ nowMs: Int64) -> Bool {
        guard case .released(let partitions) = event else { return true }
        for partition in partitions { plot.releasedMs[partition] = nowMs }
        guard toldEarly.isSuperset(of: partitions) else { return true }
        toldEarly.subtract(partitions)
        return false
    }

    private func forge(_ start: TaskStart, _ nowMs: Int64) -> TaskStart {
        var start = start
        let isInput = start.partition.topic == .input
        if isInput, plot.tells(.endsOneTooLate) { start.end = start.end.map { $0 + 1 } }
        if isInput, plot.tells(.forgetsClock) { start.committed.metadata = "" }
        if !isInput, plot.tells(.resumesUnchecked),
            let releasedMs = plot.releasedMs[start.partition],
            nowMs - releasedMs < suspendMs, let committed = plot.committed[start.partition]
        {
            start.committed = committed
            start.start = committed.offset ?? start.start
        }
        return start
    }
}
