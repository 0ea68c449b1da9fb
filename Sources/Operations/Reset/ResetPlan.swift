import Broker

/// Where a reset moves a group's input.
public enum ResetTarget: Equatable, Sendable {
    /// To the first record kept.
    case beginning
    /// Behind the last record.
    case end
    /// To the first record whose broker timestamp is at or after this time, in epoch milliseconds.
    case time(ms: Int64)
}

/// What a reset does with the group's state.
public enum ResetState: String, CaseIterable, Sendable {
    /// Every task goes on from what it knows.
    case keep
    /// Every task begins with nothing, and reads no partials from before the reset.
    case clear
}

/// A partition as a reset finds it.
public struct PartitionStanding: Equatable, Sendable {
    /// The partition.
    public var partition: TopicPartition
    /// The committed offset; nil where there is none.
    public var committed: Int64?
    /// What stands beside it: the partition's clock.
    public var metadata: String
    /// The offsets kept.
    public var bounds: ClosedRange<Int64>
    /// Where it is to go.
    public var target: Int64

    /// A partition at `committed`, to go to `target`.
    public init(
        _ partition: TopicPartition, committed: Int64?, metadata: String = "",
        bounds: ClosedRange<Int64>,
        target: Int64
    ) {
        self.partition = partition
        self.committed = committed
        self.metadata = metadata
        self.bounds = bounds
        self.target = target
    }

    /// A partition as offsets and watermarks tell, to go to `target`.
    init(
        _ partition: TopicPartition, _ committed: [PartitionOffset],
        _ marks: [TopicPartition: OffsetRange], target: Int64
    ) {
        let own = committed.first { $0.partition == partition }
        let mark = marks[partition] ?? OffsetRange(low: 0, high: 0)
        self.init(
            partition, committed: own?.offset, metadata: own?.metadata ?? "",
            bounds: mark.low...max(mark.low, mark.high), target: target)
    }

    /// Whether an engine has committed it: a reset leaves no clock.
    var wasRead: Bool { committed != nil && !metadata.isEmpty }
    /// Whether the committed offset is one of those kept.
    var isWithinBounds: Bool { committed.map { bounds.contains($0) } ?? true }
}

/// What a reset would do, or why it must not; decided without talking to anybody.
///
/// State follows from the blocks of partials, and each block says which offsets of its source it covers. So
/// kept state goes together with a move forward (receivers see a gap, and count it) and with no other: what is read
/// a second time is a repetition to them, which is dropped, or counted twice where it overlaps what is new.
public struct ResetPlan: Equatable, Sendable {
    /// One partition's move.
    public struct Move: Equatable, Sendable {
        /// The partition.
        public var partition: TopicPartition
        /// The committed offset; nil where there is none.
        public var from: Int64?
        /// The offset to commit.
        public var to: Int64
        /// What to commit beside it.
        public var metadata: String

        /// A move.
        public init(partition: TopicPartition, from: Int64?, to: Int64, metadata: String) {
            self.partition = partition
            self.from = from
            self.to = to
            self.metadata = metadata
        }

        /// Records the group is further behind by afterwards; nil where it had no offset.
        public var lagChange: Int64? { from.map { $0 - to } }
    }

    /// What becomes of the state.
    public let state: ResetState
    /// Moves in the input topic.
    public let inputs: [Move]
    /// Moves in the logs of the stages that keep state: none where state is kept.
    public let logs: [Move]
    /// Why it must not be carried out; empty where it may.
    public let refusals: [String]

    /// Whether nothing would be altered.
    public var isEmpty: Bool {
        state == .keep && inputs.allSatisfy { $0.from == $0.to }
    }

    /// A plan for a group whose `members` are those of now, named for people.
    public init(
        inputs: [PartitionStanding], logs: [PartitionStanding], state: ResetState,
        members: [String], names: TopicNames
    ) {
        self.state = state
        self.inputs = inputs.map { standing in
            // The clock may go on where the records go on; read again, records are on time by their own order.
            Move(
                partition: standing.partition, from: standing.committed, to: standing.target,
                metadata: state == .keep ? standing.metadata : "")
        }
        self.logs =
            state == .keep
            ? []
            : logs.map {
                Move(partition: $0.partition, from: $0.committed, to: $0.target, metadata: "")
            }
        var refusals: [String] = []
        if !members.isEmpty { refusals.append(Self.inUse(members)) }
        if state == .keep {
            refusals += Self.conflicts(inputs, names)
            refusals += Self.broken(logs, names)
            refusals += Self.forgotten(inputs, logs, names)
        }
        self.refusals = refusals
    }

    private static func inUse(_ members: [String]) -> String {
        "the group has active members: \(members.joined(separator: ", ")). Stop them first; a process that was "
            + "stopped or killed stays a member until its session times out (20 s, "
            + "session.timeout.ms)"
    }

    /// Why kept state does not go together with the moves.
    private static func conflicts(
        _ inputs: [PartitionStanding], _ names: TopicNames
    ) -> [String] {
        var reasons: [String] = []
        let anew = inputs.filter { ($0.committed ?? 0) > $0.bounds.upperBound }
        if !anew.isEmpty {
            reasons.append(
                "\(list(anew, names)): the topic was made anew, and kept state would take its first "
                    + "records for repetitions of those it knows. Give --state clear, or run once with "
                    + "data_loss=accept, which keeps state and tells it that offsets begin again")
        }
        let back = inputs.filter { standing in
            standing.isWithinBounds && standing.committed.map { standing.target < $0 } ?? false
        }
        if !back.isEmpty {
            reasons.append(
                "\(list(back, names)): a move backward with --state keep: what lies between was folded "
                    + "into the state already, and would be counted twice or dropped as a repetition. Give "
                    + "--state clear")
        }
        return reasons
    }

    /// Why kept state cannot go on in its own topic.
    private static func broken(_ logs: [PartitionStanding], _ names: TopicNames) -> [String] {
        let outside = logs.filter { !$0.isWithinBounds }
        guard !outside.isEmpty else { return [] }
        return [
            "\(list(outside, names)): the records at the committed offset are gone, and state cannot be "
                + "brought up to it. Give --state clear, or run once with data_loss=accept"
        ]
    }

    /// What brokers no longer know of a group that has begun, or do not know yet.
    ///
    /// An engine that finds no offset tells receivers that the partition begins anew; with one committed here it would
    /// not, and they would wait for offsets they know.
    private static func forgotten(
        _ inputs: [PartitionStanding], _ logs: [PartitionStanding], _ names: TopicNames
    ) -> [String] {
        let unknown = inputs.filter { $0.committed == nil }
        // Without a place in a task's log there is no state to go on with; a store that has some stops the next run.
        guard !unknown.isEmpty, logs.contains(where: { $0.committed != nil }) else { return [] }
        return [
            "\(list(unknown, names)): no offset is committed, and state may know the partition from before "
                + "the topic was made anew. 'stillwatch run' begins it by on_missing_offset; or give --state "
                + "clear"
        ]
    }

    /// Such as `llm.requests[0, 3]`, topic by topic.
    private static func list(_ standings: [PartitionStanding], _ names: TopicNames) -> String {
        let byTopic = Dictionary(grouping: standings, by: \.partition.topic)
        return byTopic.sorted { $0.key < $1.key }.map { topic, standings in
            let shown = standings.prefix(8).map { String($0.partition.number) }
            let more = standings.count > shown.count ? ", ..." : ""
            return "\(names.name(topic))[\(shown.joined(separator: ", "))\(more)]"
        }.joined(separator: ", ")
    }
}
