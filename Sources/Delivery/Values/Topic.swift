/// The engine's topics, by what they are for; their names are the configuration's.
public enum Topic: UInt8, CaseIterable, Sendable {
    /// Request events.
    case input
    /// The shuffle between INGEST and ENTITY.
    case partials
    /// Findings.
    case alerts
    /// Findings of shadow rules.
    case shadow
    /// Records that cannot be used.
    case deadLetters
    /// Snapshots: pages and manifests, compacted.
    case state
}

/// A partition of one of the engine's topics.
public struct PartitionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The topic.
    public var topic: Topic
    /// The partition's number in it.
    public var number: Int32

    /// Partition `number` of `topic`.
    public init(_ topic: Topic, _ number: Int32) {
        self.topic = topic
        self.number = number
    }

    /// By topic, then by number.
    public static func < (a: PartitionID, b: PartitionID) -> Bool {
        (a.topic.rawValue, a.number) < (b.topic.rawValue, b.number)
    }

    /// Such as `partials[3]`.
    public var description: String { "\(topic)[\(number)]" }
}
