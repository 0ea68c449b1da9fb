import Broker
import Snapshots

/// A stage whose tasks keep state, as the engine has to know it: a task type with the log its tasks read.
///
/// A further stage is a type that conforms to ``StatefulTask``, a row here, and a row in the table of topics.
public struct StageRow: Sendable {
    /// The stage.
    public let stage: Stage
    /// The topic its tasks read, a partition each.
    public let log: Topic
    /// Tasks it has, and so partitions of its log: part of the format of what is in the log and in the store.
    public let partitions: @Sendable (PipelineSettings) -> Int
    /// Whether its tasks keep state. Where they keep none, all of the log is read again when state is cleared, a group
    /// need not stand in it, and the engine does without a log that is not there.
    public let keepsState: Bool
    /// Makes the task of a partition, with no state.
    public let makeTask:
        @Sendable (_ settings: PipelineSettings, _ plan: TopologyPlan, _ partition: Int) ->
            any StatefulTask

    /// A row.
    public init(
        _ stage: Stage, log: Topic, partitions: @escaping @Sendable (PipelineSettings) -> Int,
        keepsState: Bool = true,
        makeTask:
            @escaping @Sendable (
                _ settings: PipelineSettings, _ plan: TopologyPlan, _ partition: Int
            ) -> any StatefulTask
    ) {
        self.stage = stage
        self.log = log
        self.partitions = partitions
        self.keepsState = keepsState
        self.makeTask = makeTask
    }

    /// ENTITY: blocks of partials in, findings out.
    public static let entity = StageRow(.entity, log: .partials, partitions: \.partitions) {
        EntityTaskRunner($0, plan: $1, partition: $2)
    }

    /// The stages in the order in which records pass through them.
    public static let all = [entity]

    /// The name in the store of the task of a partition.
    public func task(_ partition: Int32, _ settings: PipelineSettings) -> TaskID {
        TaskID(application: settings.application, stage: stage, partition: partition)
    }

    /// A snapshot of a task that knows nothing, at `position`: restored from it, a task reads nothing from before
    /// that.
    ///
    /// - Parameter id: with a sequence above that of every snapshot of the task in the store.
    public func emptySnapshot(
        _ id: SnapshotID, of partition: Int32, at position: Int64, _ settings: PipelineSettings
    ) -> TaskSnapshot? {
        makeTask(settings, settings.plan, Int(partition)).takeSnapshot(
            id, position: position, isFull: true, leastRoll: 0)
    }

    /// The partitions of its log.
    public func logs(_ settings: PipelineSettings) -> [TopicPartition] {
        (0..<Int32(partitions(settings))).map { TopicPartition(log, $0) }
    }
}
