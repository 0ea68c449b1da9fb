import Broker
import ClusterSimulation
import Delivery

/// A program around a consumer: takes assignments from offset 0, gives them back, and notes what happens.
final class Consumer {
    let process: SimProcess
    let group: SimGroup
    let log: SimLog
    private(set) var assigned: [TopicPartition] = []
    private(set) var membership: SimMembership?
    private(set) var assignments = 0
    private(set) var lost = 0
    private(set) var revoked = 0
    private(set) var failures: [BrokerError] = []
    private(set) var texts: [TopicPartition: [String]] = [:]
    private(set) var ends: [TopicPartition: Int64] = [:]
    /// Whether revocations are answered.
    var answersRevocations = true
    private var waiting: [TopicPartition]?

    init(_ process: SimProcess, instance: String?, settings: ClientSettings) {
        self.process = process
        group = SimGroup(process, instanceID: instance, settings: settings)
        log = group.makeLog()
        process.makeThread("consumer") { [self] _ in
            step()
            return 50
        }
    }

    private func step() {
        while let event = group.poll() {
            switch event {
            case .assigned(let partitions, let isIncremental, let membership):
                self.membership = membership as? SimMembership
                assignments += 1
                take(partitions, isIncremental)
            case .revoked(let partitions, let isIncremental, let isLost, _):
                revoked += 1
                lost += isLost ? 1 : 0
                guard answersRevocations else { continue }
                for partition in partitions { log.detach(partition) }
                assigned.removeAll { partitions.contains($0) }
                try? group.unassign(partitions, isIncremental: isIncremental)
            case .failed(let error): failures.append(error)
            }
        }
        log.withBatch(max: 100, waitMs: 0) { batch in note(batch) }
    }

    private func take(_ partitions: [TopicPartition], _ isIncremental: Bool) {
        try? group.assign(
            partitions.map { PartitionOffset($0, offset: 0) }, isIncremental: isIncremental)
        if !isIncremental { assigned = [] }
        for (index, partition) in partitions.enumerated() {
            log.attach(partition, slot: assigned.count + index, from: 0)
        }
        assigned += partitions
    }

    private func note(_ batch: Batch) {
        for entry in batch {
            let partition = assigned[Int(entry.slot)]
            switch entry.kind {
            case .record: texts[partition, default: []].append(entry.text)
            case .end: ends[partition] = entry.offset
            case .failure: break
            }
        }
    }
}
