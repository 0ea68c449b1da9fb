import Broker
import Delivery

/// An instance of the copying program: a control thread and two shards in a process.
final class CopyInstance {
    let process: SimProcess
    private let group: SimGroup
    private let lookup: SimLookup
    private let shards: [CopyShard]
    private var starting: (any GroupMembership)?
    private var revoked: [TopicPartition]?
    private var deadlineMs: Int64 = 0

    /// Commit batches that were committed.
    var finished: Int { shards.reduce(0) { $0 + $1.finished } }

    init(_ process: SimProcess, settings: ClientSettings, reusesBrokenProducer: Bool) {
        self.process = process
        let group = SimGroup(
            process, instanceID: process.name, topics: [.input], settings: settings)
        self.group = group
        lookup = group.makeLookup()
        shards = (0..<2).map { number in
            CopyShard(
                number, run: process.id, log: group.makeLog(),
                producer: SimProducer(
                    process, mode: .exactlyOnce(transactionalID: "\(process.name)-\(number)"),
                    settings: settings), reusesBrokenProducer: reusesBrokenProducer)
        }
        process.makeThread("control") { [unowned self] nowMs in
            control(nowMs)
            return 10
        }
        for (number, shard) in shards.enumerated() {
            process.makeThread("shard-\(number)") { nowMs in min(shard.step(nowMs), 5) }
        }
    }

    private func control(_ nowMs: Int64) {
        if let event = group.poll() { take(event, nowMs) }
        if let answer = lookup.answer() { start(answer) }
        if let revoked, nowMs >= deadlineMs || shards.allSatisfy(\.isSettled) {
            self.revoked = nil
            for shard in shards { shard.drop() }
            try? group.unassign(revoked, isIncremental: false)
        }
    }

    private func take(_ event: GroupEvent, _ nowMs: Int64) {
        switch event {
        case .assigned(let partitions, _, let membership):
            starting = membership
            lookup.ask(.start(partitions))
        case .revoked(let partitions, _, let isLost, _):
            starting = nil
            revoked = partitions
            deadlineMs = isLost ? nowMs : nowMs + 10_000
            for shard in shards { isLost ? shard.drop() : shard.stop() }
        case .failed(let error):
            // Another run of this instance took over, or nothing helps: a supervisor starts it again.
            if error.move == .fenced || error.move == .fatal { process.exit() }
        }
    }

    private func start(_ answer: Result<Answer, BrokerError>) {
        guard let membership = starting else { return }
        guard case .success(let answer) = answer else { return process.exit() }
        starting = nil
        let positions = answer.committed.map { position in
            var position = position
            if position.offset == nil {
                position.offset = answer.bounds[position.partition]?.low ?? 0
            }
            return position
        }
        guard (try? group.assign(positions, isIncremental: false)) != nil else {
            return process.exit()
        }
        for (number, shard) in shards.enumerated() {
            // What was committed is compared as it was read: none stays none.
            shard.take(
                positions.filter { Int($0.partition.number) % 2 == number }, membership,
                known: answer.committed)
        }
    }
}
