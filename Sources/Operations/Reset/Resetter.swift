import Broker
import Delivery
import Execution
import Glibc
import Kafka
import Live
import Snapshots
import Topology

/// Moves a group to other offsets of its input, and clears its state where that is asked for.
///
/// State is cleared by an empty snapshot of every task at the end of its log: a task restored from it reads
/// nothing from before. On the state topic its manifest, the removal of the older ones and all offsets are
/// one transaction: the reset has happened wholly or not at all. Pages go before it, and what older snapshots leave
/// behind goes after it; a crash in between leaves rubbish, which the next owner of the task removes.
///
/// A directory takes part in no transaction. There the empty snapshots are written first, at an offset past the
/// committed one, where a restore does not take but remove them; then all offsets in one request, which is the
/// moment of the reset; then what is older goes. After a crash before that moment nothing has happened, and where
/// the request has no answer the first restore finds out: snapshots that are ahead are removed.
public struct Resetter: ~Copyable {
    private let settings: LiveSettings
    private let admin: Admin
    private let inputs: [TopicPartition]
    /// The logs of all tasks that keep state, stage by stage.
    private let logs: [TopicPartition]
    private let statePartitions: Int
    private let tell: (String) -> Void

    private static let patienceMs: Int64 = 90_000
    private static let stepMs: Int32 = 30_000
    private static let pauseUs: UInt32 = 50_000

    /// Looks the topics up.
    ///
    /// - Parameter tell: hears what is being done, a line each.
    /// - Throws: what is missing, or that no broker answers.
    public init(
        _ settings: LiveSettings, tell: @escaping (String) -> Void
    ) throws(EngineFailure) {
        let layout = try TopicLayout(settings)
        var settings = settings
        for topic in layout.absent { settings.engine.leaveOut(topic) }
        let admin: Admin
        do throws(BrokerError) {
            admin = try Admin(
                properties: settings.properties,
                topics: settings.topics.only(settings.engine.readTopics))
        } catch {
            throw EngineFailure(error)
        }
        self.admin = admin
        self.settings = settings
        self.tell = tell
        inputs = (0..<Int32(layout.input)).map { TopicPartition(.input, $0) }
        logs = settings.engine.stages.flatMap { $0.logs(settings.engine.pipeline) }
        statePartitions = layout.outputs.state
    }

    // MARK: Planning

    /// What a reset would do as things stand.
    public func plan(_ target: ResetTarget, _ state: ResetState) throws(EngineFailure) -> ResetPlan
    {
        do throws(BrokerError) {
            let group = try admin.describe(group: settings.group)
            let committed = try admin.committed(inputs + logs, group: settings.group)
            let marks = try admin.watermarks(inputs + logs)
            let targets = try offsets(target, inputs, marks)
            return ResetPlan(
                inputs: inputs.map {
                    PartitionStanding($0, committed, marks, target: targets[$0] ?? 0)
                },
                logs: logs.map {
                    PartitionStanding($0, committed, marks, target: end(of: $0, marks))
                },
                state: state, members: group.members.map(Self.describe), names: settings.topics)
        } catch {
            throw EngineFailure(error)
        }
    }

    private func offsets(
        _ target: ResetTarget, _ inputs: [TopicPartition], _ marks: [TopicPartition: OffsetRange]
    ) throws(BrokerError) -> [TopicPartition: Int64] {
        switch target {
        case .beginning: return marks.mapValues(\.low)
        case .end: return marks.mapValues(\.high)
        case .time(let ms): return try admin.offsets(at: ms, of: inputs)
        }
    }

    /// A member as an operator knows it.
    static func describe(_ member: GroupDescription.Member) -> String {
        "\(member.instanceID ?? member.id) at \(member.host)"
    }

    // MARK: Carrying out

    /// Carries a plan out.
    ///
    /// - Returns: why it was refused after all, since somebody joined the group; nil where it is done.
    /// - Throws: why it ended early; the same reset again completes it.
    public func execute(_ plan: ResetPlan) throws(EngineFailure) -> String? {
        precondition(plan.refusals.isEmpty, "a refused reset is not carried out")
        do throws(BrokerError) {
            if plan.state == .keep {
                try commit(plan, logs: [])
            } else {
                try clear(plan)
            }
            return nil
        } catch {
            if Self.isRefusal(error) { return error.description }
            throw EngineFailure(error)
        }
    }

    /// Whether an error says that somebody is in the group; some brokers put it in the second way.
    private static func isRefusal(_ error: BrokerError) -> Bool {
        error.move == .rejected
            && (error.code == .nonEmptyGroup || error.code == .unknownMemberID)
    }

    private func clear(_ plan: ResetPlan) throws(BrokerError) {
        let store = try StateStore(settings, partitions: statePartitions)
        tell("reading which snapshots there are")
        var old: [Set<StateKey>] = []
        for task in tasks { old.append(try store.keys(of: task)) }
        let ends = try settings.stateDirectory == nil ? ends() : ends(past: plan.logs)
        let snapshots = try snapshots(at: ends, after: old)
        tell("writing an empty snapshot for each of \(snapshots.count) tasks")
        try store.writePages(of: snapshots)
        let keys = old.flatMap { $0 }
        if settings.stateDirectory == nil {
            try commit(plan, snapshots, replacing: keys.filter { $0.kind == .manifest })
        } else {
            try publish(plan, snapshots, in: store)
        }
        tell("removing \(keys.count) records of older snapshots")
        try store.remove(keys)
    }

    /// Publishes snapshots in a directory and commits the offsets; takes the former back where the latter are refused.
    private func publish(
        _ plan: ResetPlan, _ snapshots: [TaskSnapshot], in store: StateStore
    ) throws(BrokerError) {
        try store.publish(snapshots)
        do throws(BrokerError) {
            try commit(plan, logs: snapshots.map(\.manifest.position))
        } catch {
            if error.move == .rejected || error.move == .configuration {
                try store.remove(snapshots.map(\.manifest.key))
            } else {
                var error = error
                error.advice +=
                    "\(error.advice.isEmpty ? "" : "; ")whether the offsets were set is not known: run it again"
                throw error
            }
            throw error
        }
    }

    /// The tasks, in the order of their logs.
    private var tasks: [TaskID] {
        let engine = settings.engine
        return engine.stages.flatMap { stage in
            stage.logs(engine.pipeline).map { stage.task($0.number, engine.pipeline) }
        }
    }

    /// Empty snapshots, newer than any of the keys that are there.
    private func snapshots(
        at positions: [Int64], after old: [Set<StateKey>]
    ) throws(BrokerError) -> [TaskSnapshot] {
        var snapshots: [TaskSnapshot] = []
        let engine = settings.engine
        let stages = engine.stages.flatMap { stage in
            stage.logs(engine.pipeline).map { (stage, $0.number) }
        }
        for (index, position) in positions.enumerated() {
            let newest = old[index].map(\.id.sequence).max() ?? 0
            let (stage, partition) = stages[index]
            let snapshot = stage.emptySnapshot(
                SnapshotID(incarnation: engine.incarnation, sequence: newest + 1), of: partition,
                at: position, engine.pipeline)
            guard let snapshot else {
                throw BrokerError(
                    .fatal, action: "take an empty snapshot", text: "none could be taken")
            }
            snapshots.append(snapshot)
        }
        return snapshots
    }

    private func offsets(_ plan: ResetPlan, logs offsets: [Int64]) -> [PartitionOffset] {
        plan.inputs.map { PartitionOffset($0.partition, offset: $0.to, metadata: $0.metadata) }
            + zip(logs, offsets).map { PartitionOffset($0, offset: $1) }
    }

    /// Commits all offsets in one request, which is refused while somebody is in the group.
    private func commit(_ plan: ResetPlan, logs: [Int64]) throws(BrokerError) {
        let offsets = offsets(plan, logs: logs)
        tell("committing \(offsets.count) offsets")
        try admin.setCommitted(offsets, group: settings.group)
    }

    /// Commits all offsets, the manifests of empty snapshots and the removal of the older ones.
    private func commit(
        _ plan: ResetPlan, _ snapshots: [TaskSnapshot], replacing old: [StateKey]
    ) throws(BrokerError) {
        let offsets = offsets(plan, logs: snapshots.map(\.manifest.position))
        tell("committing \(offsets.count) offsets with the new state")
        let producer = try Producer(
            properties: settings.properties,
            role: .transactionalProducer(transactionalID: "\(settings.group)-reset"),
            topics: [settings.topics.state ?? ""])
        try producer.initTransactions(timeoutMs: Self.stepMs)
        // Brokers do not refuse offsets of a transaction while somebody is in the group: asked once more.
        let members = try admin.describe(group: settings.group).members
        guard members.isEmpty else { throw BrokerError.joined(members.map(Self.describe)) }
        try producer.beginTransaction()
        let count = Int32(max(1, statePartitions))
        for snapshot in snapshots {
            let record = snapshot.manifest.record
            try producer.put(
                record.key.bytes, record.value, partition: record.key.task.partition % count)
        }
        for key in old {
            try producer.put(key.bytes, nil, partition: key.task.partition % count)
        }
        try producer.sendOffsets(
            offsets, topics: admin.topics, group: GroupMetadata(nobodyIn: settings.group),
            timeoutMs: Self.stepMs)
        try producer.commitTransaction(timeoutMs: Self.stepMs)
    }

    // MARK: The logs of tasks

    private func keepsState(_ log: TopicPartition) -> Bool {
        settings.engine.stages.contains { $0.log == log.topic && $0.keepsState }
    }

    /// Where the task of a log begins anew: at its end, but what tasks without state have read is all read again.
    private func end(of log: TopicPartition, _ marks: [TopicPartition: OffsetRange]) -> Int64 {
        (keepsState(log) ? marks[log]?.high : marks[log]?.low) ?? 0
    }

    /// The end of each log.
    private func ends() throws(BrokerError) -> [Int64] {
        let marks = try admin.watermarks(logs)
        return logs.map { end(of: $0, marks) }
    }

    /// The end of each log, past the committed offset: where that is the end already, a record without a
    /// value is appended, which everybody passes over.
    private func ends(past moves: [ResetPlan.Move]) throws(BrokerError) -> [Int64] {
        let moves = moves.map { move in
            // A task that keeps nothing may stand anywhere.
            var move = move
            if !keepsState(move.partition) { move.from = nil }
            return move
        }
        let atEnd = moves.filter { $0.from == $0.to }.map(\.partition)
        if !atEnd.isEmpty { try appendNothing(to: atEnd) }
        let untilMs = MachineClock.monotonicMs() + Self.patienceMs
        while true {
            let ends = try ends()
            let isPast = zip(moves, ends).allSatisfy { move, end in
                // Where the topic was made anew the end may stay behind: then nothing restores at all.
                move.from.map { $0 > move.to || end > $0 } ?? true
            }
            if isPast { return ends }
            // A transaction that its producer left open holds the end back until it times out.
            guard MachineClock.monotonicMs() < untilMs else {
                throw BrokerError(
                    .retry, action: "find the ends of the logs of tasks",
                    text: "a transaction is still open", advice: "try again once it has timed out")
            }
            usleep(Self.pauseUs)
        }
    }

    private func appendNothing(to partitions: [TopicPartition]) throws(BrokerError) {
        let producer = try Producer(properties: settings.properties, topics: admin.topics)
        for partition in partitions {
            try producer.produce(
                topic: partition.topic, partition: partition.number, key: nil, value: nil)
        }
        try producer.flush(timeoutMs: Int32(Self.patienceMs))
    }
}

extension BrokerError {
    /// Somebody came in between.
    fileprivate static func joined(_ members: [String]) -> BrokerError {
        BrokerError(
            .rejected, code: .nonEmptyGroup, name: "NON_EMPTY_GROUP", action: "reset",
            text: "the group has members again: \(members.joined(separator: ", "))",
            advice: "nothing was reset; stop them and run it again")
    }
}
