import Delivery
import Kafka

/// The instance's membership of the consumer group, for the input and the shuffle topic.
///
/// Unchecked Sendable: handed to the engine once; its calls are for the engine alone, one at a time, but for
/// `offsets` and `wake`.
public final class KafkaGroup: GroupPort, @unchecked Sendable {
    private var consumer: Consumer
    private let topics: TopicMap
    private var isLeaving = false
    private var hasFailed = false
    /// An event that came while it was waited for.
    private var waiting: GroupEvent?
    /// What the group has committed, for producers and look-ups; from any thread.
    public let offsets: GroupOffsets

    /// Starts the consumer; `join` begins the membership.
    ///
    /// - Parameter instanceID: the static member id; nil for a dynamic member.
    /// - Throws: `configuration` when a property does not fit the running library.
    public init(
        properties: Properties, group: String, instanceID: String?, topics: TopicNames,
        hooks: Hooks = Hooks()
    ) throws(ClusterError) {
        self.topics = TopicMap(topics, [.input, .partials])
        do throws(KafkaError) {
            consumer = try Consumer(
                properties: properties, role: .consumer(group: group, instanceID: instanceID),
                topics: self.topics.names, hooks: hooks)
        } catch {
            throw ClusterError(error)
        }
        offsets = consumer.makeGroupOffsets()
    }

    /// Joins the group.
    ///
    /// - Throws: `fatal` after a fatal error of the client.
    public func join() throws(ClusterError) {
        do throws(KafkaError) { try consumer.subscribe() } catch { throw ClusterError(error) }
    }

    /// The records of a shard's partitions of one topic, at most `capacity` a batch; one for each shard.
    ///
    /// - Throws: `fatal` when the library has no memory for it.
    public func makeLog(
        _ topic: Topic, capacity: Int = 4096
    ) throws(ClusterError) -> KafkaLog {
        do throws(KafkaError) {
            return KafkaLog(
                queue: try consumer.makeShardQueue(capacity: capacity), topic: topic,
                topics: topics)
        } catch {
            throw ClusterError(error)
        }
    }

    /// A waker for the brokers of `partitions`, where the running library needs one; leaders are asked for now.
    ///
    /// - Throws: `retry` or `unreachable` when the cluster does not tell its leaders in time.
    public func makeWaker(
        for partitions: [PartitionID], timeoutMs: Int32 = 10_000
    ) throws(ClusterError) -> Waker? {
        guard Library.stallsWhenFull, !partitions.isEmpty else { return nil }
        do throws(KafkaError) {
            return try consumer.makeWaker(
                for: partitions.map(topics.partition), timeoutMs: timeoutMs)
        } catch {
            throw ClusterError(error)
        }
    }

    /// The next event, without waiting; nil when there is none.
    public func poll() -> GroupEvent? {
        if let event = waiting {
            waiting = nil
            return event
        }
        return poll(waitMs: 0)
    }

    /// Waits up to `ms` milliseconds for the next event, for `poll` to return.
    public func wait(ms: Int32) {
        if waiting == nil { waiting = poll(waitMs: ms) }
    }

    /// The next event, waiting up to `waitMs` milliseconds; nil when there was none.
    public func poll(waitMs: Int32) -> GroupEvent? {
        switch consumer.poll(timeoutMs: waitMs) {
        case .assigned(let assignment):
            return .assigned(
                assignment.partitions.map(topics.id), isIncremental: assignment.isIncremental,
                KafkaMembership(assignment.groupMetadata))
        case .revoked(let revocation):
            return .revoked(
                revocation.partitions.map(topics.id), isIncremental: revocation.isIncremental,
                isLost: revocation.isLost, KafkaMembership(revocation.groupMetadata))
        case .error(let error) where error.move != .benign:
            return .failed(ClusterError(error))
        case .error, .committed, nil:
            return nil
        }
    }

    /// Makes a `poll` that waits in another thread return. From any thread.
    public func wake() { consumer.wake() }

    /// Begins to read assigned partitions where the positions say; each must have an offset.
    ///
    /// - Throws: `fatal` or `fenced` when the client cannot go on.
    public func assign(
        _ positions: [Position], isIncremental: Bool
    ) throws(ClusterError) {
        do throws(KafkaError) {
            try consumer.assign(positions.map(topics.offset), isIncremental: isIncremental)
        } catch {
            throw ClusterError(error)
        }
    }

    /// Stops reading partitions: all of them, or where it is incremental only these.
    ///
    /// - Throws: `fatal` or `fenced` when the client cannot go on.
    public func unassign(
        _ partitions: [PartitionID], isIncremental: Bool
    ) throws(ClusterError) {
        do throws(KafkaError) {
            try consumer.unassign(
                partitions.map(topics.partition), isIncremental: isIncremental)
        } catch {
            throw ClusterError(error)
        }
    }

    /// Begins to leave; go on polling and answering until `hasLeft`.
    ///
    /// Committed offsets cannot be read through `offsets` any more: know every cut's outcome first.
    public func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        do throws(KafkaError) { try consumer.beginClose() } catch { hasFailed = true }
    }

    /// Whether the group was left, or the client failed so that there is nothing to leave.
    public var hasLeft: Bool { isLeaving && (hasFailed || consumer.isClosed) }

    /// The member id the coordinator gave us; empty before the first join.
    public var memberID: String { consumer.memberID }
}

/// A membership as librdkafka hands it to transactions.
public final class KafkaMembership: Membership {
    let metadata: GroupMetadata

    init(_ metadata: GroupMetadata) { self.metadata = metadata }

    /// False where there was no generation to commit under when it was captured.
    public var isValid: Bool { metadata.isValid }
    /// The group's generation; -1 without one.
    public var generation: Int32 { metadata.generation }
}
