import Primitives
import Topology

/// How far an input partition is read.
public struct InputStanding: Sendable, Equatable {
    /// Its number.
    public var partition: Int32
    /// The next offset to read.
    public var position: Int64
    /// The event time it has come to; nil before its first event.
    public var highest: EventTime?
}

extension ShardReport {
    /// Takes the standing of one more task: the one behind all others is kept.
    mutating func note(_ standing: WatermarkStanding?) {
        guard let standing else { return }
        if watermark.map({ standing.isBehind($0) }) ?? true { watermark = standing }
    }
}
