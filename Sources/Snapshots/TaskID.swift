/// A stage whose tasks keep state.
///
/// Its number is part of the keys and pages of its snapshots, and is never used for another stage.
public struct Stage: Hashable, Sendable, CustomStringConvertible {
    /// The number in keys and pages.
    public let number: UInt8
    /// Its name in messages and in the names of directories; a stage that was read from a key has none of its own.
    public let description: String

    /// The stage of a number; `name` is a word in small letters.
    public init(_ number: UInt8, _ name: String? = nil) {
        self.number = number
        description = name ?? "stage\(number)"
    }

    /// Accounts and fingerprints.
    public static let entity = Stage(1, "entity")
    /// Campaigns.
    public static let campaign = Stage(2, "campaign")
    /// What people decide.
    public static let verdicts = Stage(3, "verdicts")

    /// Stages are equal where their numbers are.
    public static func == (a: Stage, b: Stage) -> Bool { a.number == b.number }

    /// Hashes the number.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }
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
