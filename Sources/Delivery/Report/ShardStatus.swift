import Primitives
import Topology

/// What a shard, or several, have done and hold, and how far they are.
public struct ShardStatus: Sendable, Equatable {
    /// Everything that is counted.
    public var counters = Counters()
    /// Milliseconds the longest of the restores under way will take, by its rate so far; 0 where nothing is known.
    public var restoreRemainingMs: Int64 = 0
    /// How far the input partitions are read, in no order.
    public var inputs: [InputStanding] = []
    /// How far event time has come in the task that is behind all others; nil where none has heard of a source.
    public var watermark: WatermarkStanding?
    /// Partitions with something to read that have not moved for 10 s.
    public var stalls: [Stall] = []

    /// Nothing.
    public init() {}

    mutating func add(_ progress: RestoreProgress) {
        counters.restoreDone += Int(progress.done)
        counters.restoreTotal += Int(progress.total)
        restoreRemainingMs = max(restoreRemainingMs, progress.remainingMs ?? 0)
    }

    /// Takes the standing of one more task: the one behind all others is kept.
    mutating func note(_ standing: WatermarkStanding?) {
        guard let standing else { return }
        if watermark.map({ standing.isBehind($0) }) ?? true { watermark = standing }
    }

    /// Adds another shard's.
    public mutating func add(_ other: ShardStatus) {
        counters.add(other.counters)
        restoreRemainingMs = max(restoreRemainingMs, other.restoreRemainingMs)
        inputs += other.inputs
        note(other.watermark)
        stalls += other.stalls
    }
}

/// How far an input partition is read.
public struct InputStanding: Sendable, Equatable {
    /// Its number.
    public var partition: Int32
    /// The next offset to read.
    public var position: Int64
    /// The event time it has come to; nil before its first event.
    public var highest: EventTime?
}
