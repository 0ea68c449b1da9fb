/// A stage whose tasks keep state.
public enum Stage: UInt8, Sendable, CaseIterable {
    /// Accounts and fingerprints.
    case entity = 1
}

/// A task that keeps state: a stage's work of one partition, for one application (a consumer group).
public struct TaskID: Hashable, Sendable, CustomStringConvertible {
    /// Tells the tasks of one consumer group from another's in the same store.
    public var application: UInt32
    /// The stage.
    public var stage: Stage
    /// The partition the task reads; its state lies in the partition of the same number.
    public var partition: Int32

    /// The task of `stage` that reads `partition`.
    public init(application: UInt32, stage: Stage, partition: Int32) {
        self.application = application
        self.stage = stage
        self.partition = partition
    }

    /// Such as `entity[3]`.
    public var description: String { "\(stage)[\(partition)]" }
}

/// The identity of a snapshot: which run of the program wrote it, and its number for the task.
public struct SnapshotID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Drawn at random by each start of the program: two owners of a task never write the same key.
    public var incarnation: UInt64
    /// Counts a task's snapshots on from the one it was restored from.
    public var sequence: UInt32

    /// Snapshot `sequence` of `incarnation`.
    public init(incarnation: UInt64, sequence: UInt32) {
        self.incarnation = incarnation
        self.sequence = sequence
    }

    /// By sequence, then by incarnation.
    public static func < (a: SnapshotID, b: SnapshotID) -> Bool {
        (a.sequence, a.incarnation) < (b.sequence, b.incarnation)
    }

    /// Such as `12@9f3c...`.
    public var description: String { "\(sequence)@\(String(incarnation, radix: 16))" }
}
