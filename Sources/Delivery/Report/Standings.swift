import Primitives

/// How far an input partition is read.
public struct InputStanding: Sendable, Equatable {
    /// Its number.
    public var partition: Int32
    /// The next offset to read.
    public var position: Int64
    /// The event time it has come to; nil before its first event.
    public var highest: EventTime?
}

/// How far event time has come in the tasks that keep state.
public struct WatermarkStanding: Sendable, Equatable {
    /// The event time up to which panes are closed; nil before the first.
    public var closedThrough: EventTime?
    /// The input partition that is waited for; nil where none is.
    public var slowestSource: Int32?

    /// Whether it is behind another.
    func isBehind(_ other: WatermarkStanding) -> Bool {
        closedThrough ?? .distantPast < other.closedThrough ?? .distantPast
    }
}

extension ShardReport {
    /// Takes the standing of one more task: the one behind all others is kept.
    mutating func note(_ standing: WatermarkStanding?) {
        guard let standing else { return }
        if watermark.map({ standing.isBehind($0) }) ?? true { watermark = standing }
    }
}
