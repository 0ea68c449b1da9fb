// Uses every C object of the Kafka module, and the engine's ports, on the mock cluster, so that a leak checker
// sees what is left behind. Ends with status 1 when something did not work.
//
//   leak-probe DIRECTORY     a directory for snapshots
import Broker
import Glibc
import Kafka
import KafkaTestSupport
import Primitives

func probe() throws -> Bool {
    let cluster = try MockCluster()
    try cluster.createTopic("t", partitions: 2)
    let properties = try Properties(bootstrapServers: cluster.bootstrapServers)
    try produce(properties, cluster)
    try administer(properties)
    guard try consume(properties) else { return false }
    guard try joinGroup(properties) else { return false }
    return try usePorts(cluster, properties)
}

func produce(_ properties: Properties, _ cluster: MockCluster) throws {
    let producer = try Producer(properties: properties, topics: ["t"])
    let bytes = Array("value".utf8)
    try bytes.withUnsafeBytes { value in
        for index in 0..<500 {
            let headers = [RecordHeader("a", "b"), RecordHeader("n", nil)]
            try producer.produce(
                topic: 0, partition: Int32(index % 2), key: index % 3 == 0 ? nil : value,
                value: index % 5 == 0 ? nil : value, headers: index % 7 == 0 ? headers : [])
        }
    }
    try producer.flush(timeoutMs: 60_000)
    cluster.fail(apiKey: 0, codes: [29])
    try bytes.withUnsafeBytes { try producer.produce(topic: 0, partition: 0, key: nil, value: $0) }
    do { try producer.flush(timeoutMs: 60_000) } catch { print("as planned: \(error)") }

    let transactional = try Producer(
        properties: properties, role: .transactionalProducer(transactionalID: "x"), topics: ["t"])
    try transactional.initTransactions(timeoutMs: 60_000)
    try transactional.beginTransaction()
    try bytes.withUnsafeBytes {
        try transactional.produce(topic: 0, partition: 0, key: nil, value: $0)
    }
    try transactional.commitTransaction(timeoutMs: 60_000)
}

func administer(_ properties: Properties) throws {
    let admin = try Admin(properties: properties, topics: ["t"])
    _ = try admin.brokers()
    _ = try admin.describe("t")
    let topic = NewTopic("u", partitions: 1, configs: [("a", "b")])
    do { _ = try admin.create([topic], timeoutMs: 500) } catch {
        print("as planned: \(error)")
    }
}

/// Reads with holds and releases, and leaves records in the queue, aside and in flight.
func consume(_ properties: Properties) throws -> Bool {
    let consumer = try Consumer(properties: properties, role: .reader, topics: ["t"])
    let queue = try consumer.makeShardQueue(capacity: 64)
    let partitions = [0, 1].map { TopicPartition(0, $0) }
    try consumer.assign(partitions.map { PartitionOffset($0, offset: 0) }, isIncremental: false)
    for partition in partitions {
        queue.attach(partition, slot: 0, from: partition.number == 0 ? 10 : 0)
    }
    _ = try consumer.makeWaker(for: partitions).wake()
    var headers = 0
    let end = ContinuousClock.now + .seconds(60)
    while queue.backlog < 480, ContinuousClock.now < end {
        // Nothing is pulled: the queue fills by itself. A checker runs one thread at a time, so this one gives way.
        usleep(10_000)
    }
    // Everything has come over: what belongs to the held partition is put aside.
    queue.hold(partitions[1])
    while queue.backlog > 0, ContinuousClock.now < end {
        queue.withBatch(waitMs: 0) { batch in
            for index in batch.indices {
                headers += queue.headers(at: index).contains { $0.name == "a" } ? 1 : 0
            }
        }
    }
    queue.release(partitions[1])
    queue.withBatch(max: 7, waitMs: 0) { _ in }
    // Leave with one part aside and the other part waiting to be delivered.
    queue.hold(partitions[1])
    queue.withBatch(max: 5, waitMs: 0) { _ in }
    let waiting = queue.backlog
    queue.detach(partitions[0])
    guard queue.counters.records >= 200, headers > 0, waiting > 200 else {
        print(
            "of 500 records \(queue.counters.records) were pulled, \(headers) with headers, and \(waiting) wait"
        )
        return false
    }
    return true
}

func joinGroup(_ properties: Properties) throws -> Bool {
    let consumer = try Consumer(
        properties: properties, role: .consumer(group: "g", instanceID: "i"), topics: ["t"])
    let queue = try consumer.makeShardQueue(capacity: 64)
    let offsets = consumer.makeGroupOffsets()
    try consumer.subscribe()
    let end = ContinuousClock.now + .seconds(120)
    while !consumer.hasLeft, ContinuousClock.now < end {
        switch consumer.poll(timeoutMs: 100) {
        case .assigned(let partitions, _, let membership):
            let starts = partitions.map { PartitionOffset($0, offset: 0) }
            try consumer.assign(starts, isIncremental: false)
            for start in partitions { queue.attach(start, slot: 0, from: 0) }
            queue.withBatch(waitMs: 1_000) { _ in }
            try consumer.commit([PartitionOffset(partitions[0], offset: 1, metadata: "m")])
            if let membership = membership as? GroupMetadata {
                try offsets.commit(
                    [PartitionOffset(partitions[0], offset: 2)], under: membership,
                    timeoutMs: 10_000)
            }
            _ = try consumer.committed(partitions)
            consumer.leave()
        case .revoked(let partitions, _, _, _):
            for partition in partitions { queue.detach(partition) }
            try consumer.unassign(partitions, isIncremental: false)
        case .failed(let error): print("event: \(error)")
        case nil: break
        }
    }
    return consumer.hasLeft
}

let succeeded: Bool
do {
    succeeded = try probe()
} catch {
    print("failed: \(error)")
    succeeded = false
}
// Clients that were let go of end on threads of their own.
sleep(5)
print(succeeded ? "ok" : "not ok")
exit(succeeded ? 0 : 1)
