import Broker

/// What a shard works on.
public struct ShardPorts {
    /// Request events.
    public var input: any LogPort
    /// The logs of the stages that keep state.
    public var tasks: any LogPort
    /// Outputs and positions.
    public var producer: any ProducerPort
    /// Snapshots.
    public var state: any StatePort
    /// Partitions read again.
    public var history: any HistoryPort
    /// Questions to the brokers.
    public var lookup: any LookupPort

    /// Ports.
    public init(
        input: any LogPort, tasks: any LogPort, producer: any ProducerPort,
        state: any StatePort, history: any HistoryPort, lookup: any LookupPort
    ) {
        self.input = input
        self.tasks = tasks
        self.producer = producer
        self.state = state
        self.history = history
        self.lookup = lookup
    }
}
