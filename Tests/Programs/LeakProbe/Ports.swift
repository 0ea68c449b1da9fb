import Broker
import Delivery
import Glibc
import Kafka
import KafkaTestSupport
import Live
import Primitives
import Snapshots

/// Uses the engine's ports on the mock cluster and lets go of them, also in the middle of things.
func usePorts(_ cluster: MockCluster, _ properties: Properties) throws -> Bool {
    for topic in ["in", "p", "alerts", "d", "s"] { try cluster.createTopic(topic, partitions: 2) }
    let names = TopicNames(
        input: "in", partials: "p", alerts: "alerts", deadLetters: "d", state: "s")
    let group = try Consumer(
        properties: properties, role: .consumer(group: "ports", instanceID: "a"),
        topics: names.only([.input, .partials]))
    let log = try group.makeShardQueue(capacity: 64)
    guard let membership = try join(group, log) else { return false }
    log.withBatch(max: 10, waitMs: 0) { _ in }
    guard commit(properties, names, group, membership) else { return false }
    guard lookUp(properties, names, group) else { return false }
    guard try keepState(properties, names) else { return false }
    group.leave()
    return eventually {
        switch group.poll(timeoutMs: 20) {
        case .revoked(let partitions, let isIncremental, _, _):
            for partition in partitions where partition.topic == .input { log.detach(partition) }
            try? group.unassign(partitions, isIncremental: isIncremental)
        default: break
        }
        return group.hasLeft
    }
}

private func eventually(_ condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(120)
    while !condition() {
        guard ContinuousClock.now < end else { return false }
        usleep(1_000)
    }
    return true
}

private func join(_ group: Consumer, _ log: ShardQueue) throws -> (any GroupMembership)? {
    try group.subscribe()
    var found: (any GroupMembership)?
    _ = eventually {
        guard
            case .assigned(let partitions, let isIncremental, let membership) =
                group.poll(timeoutMs: 100)
        else { return false }
        try? group.assign(
            partitions.map { PartitionOffset($0, offset: 0) }, isIncremental: isIncremental)
        for partition in partitions where partition.topic == .input {
            log.attach(partition, slot: 0, from: 0)
        }
        found = membership
        return true
    }
    return found
}

private func outcome(_ producer: ShardProducer) -> StepOutcome? {
    var outcome: StepOutcome?
    _ = eventually {
        outcome = producer.poll()
        return outcome != nil
    }
    return outcome
}

/// One commit batch committed, one aborted, one left in the middle; and at least once.
private func commit(
    _ properties: Properties, _ names: TopicNames, _ group: Consumer,
    _ membership: any GroupMembership
) -> Bool {
    var commits = 0
    for guarantee in [ShardProducer.Guarantee.exactlyOnce(identity: "ports"), .atLeastOnce] {
        let producer = ShardProducer(
            .init(
                properties: properties, guarantee: guarantee, topics: names.only([.alerts])),
            offsets: group.makeGroupOffsets()
        ) {}
        producer.start()
        _ = outcome(producer)
        let batch = CommitBatch()
        for round in 0..<3 {
            batch.reset()
            batch.close(as: "\(round)")
            let owner = TopicPartition(.input, 0)
            Array("value".utf8).withUnsafeBytes {
                batch.append(
                    to: .init(.alerts, 0), of: owner, key: $0, value: $0,
                    headers: [RecordHeader("a", "b")])
            }
            batch.append(PartitionOffset(.init(.input, 0), offset: 0, metadata: batch.name))
            producer.send(batch)
            _ = outcome(producer)
            guard round < 2 else { break }
            producer.flush()
            _ = outcome(producer)
            producer.addOffsets(batch.positions, under: membership)
            _ = outcome(producer)
            if round == 0 { producer.commit() } else { producer.abort() }
            if case .done = outcome(producer) { commits += 1 }
        }
    }
    return commits == 4
}

private func lookUp(_ properties: Properties, _ names: TopicNames, _ group: Consumer) -> Bool {
    let lookup = BrokerLookup(
        properties: properties, topics: names, offsets: group.makeGroupOffsets())
    lookup.ask(.start([.init(.input, 0)]))
    return eventually { lookup.answer() != nil }
}

/// State written and read, a history read and left, and a directory.
private func keepState(_ properties: Properties, _ names: TopicNames) throws -> Bool {
    let task = TaskID(application: 1, stage: .entity, partition: 0)
    let pages = SnapshotPages(
        task: task, id: .init(incarnation: 1, sequence: 1), pages: [[1], [2, 2]])
    guard CommandLine.arguments.count > 1 else { return false }
    let store = try DirectoryStore(path: CommandLine.arguments[1], application: 1)
    let ports: [any StatePort] = [
        try TopicStatePort(properties: properties, topic: names.state ?? "", partitions: 2),
        store.makePort(),
    ]
    for port in ports {
        port.write(pages)
        guard eventually({ port.poll() != nil }) else { return false }
        let reader = port.open(task)
        var count = 0
        _ = eventually { reader.read(max: 10) { _, _ in count += 1 } != .open }
        guard count == 2 else { return false }
        reader.close()
        port.remove([StateKey(task, .page(index: 0), of: pages.id)])
        _ = port.open(task)
    }
    let history = try LogHistory(properties: properties, topics: names)
    let reader = history.open(.init(.partials, 0), from: nil)
    return eventually {
        var isAtEnd = false
        reader.withBatch(max: 10) { batch in isAtEnd = batch.contains { $0.kind == .end } }
        return isAtEnd
    }
}
