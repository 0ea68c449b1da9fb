import Broker

/// What a topic of Stillwatch is to be like.
public struct TopicSpec: Equatable, Sendable {
    /// What it is for.
    public var topic: Topic
    /// The configuration's key for its name.
    public var key: String
    /// Its name.
    public var name: String
    /// The partitions the configuration gives it; nil where it is somebody else's to create.
    public var partitions: Int?
    /// Whether another number of partitions would lose what the topic holds: entities and snapshots live where the number
    /// says.
    public var isFixed = false
    /// Whether everything works without it: where it is not there, nothing is read from it.
    public var isOptional = false
    /// Settings of the topic that differ from the broker's.
    public var configs: [Config] = []
    /// Bytes of the largest record the engine writes to it; 0 where it writes none, or small ones.
    public var largestRecord = 0

    /// A setting of a topic.
    public struct Config: Equatable, Sendable {
        /// The broker's name of it.
        public var name: String
        /// Its value.
        public var value: String

        /// A setting.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A topic of any number of partitions.
    public init(_ topic: Topic, key: String, name: String, partitions: Int? = nil) {
        self.topic = topic
        self.key = key
        self.name = name
        self.partitions = partitions
    }
}
