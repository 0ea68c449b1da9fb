// What the live ports cost on a broker: commits through `ShardProducer`, reading a state partition, and entries
// of `ShardQueue` beside records of the queue under it.
//
//   ports-bench BOOTSTRAP_SERVERS [commits] [state MB] [records]
import Broker
import Delivery
import Glibc
import Kafka
import Live
import Primitives
import Snapshots

let clock = ContinuousClock()
let arguments = CommandLine.arguments
guard arguments.count > 1 else {
    print("usage: ports-bench BOOTSTRAP_SERVERS [commits] [state MB] [records]")
    exit(2)
}
func number(_ index: Int, _ standard: Int) -> Int {
    arguments.count > index ? Int(arguments[index]) ?? standard : standard
}
let properties = try Properties(bootstrapServers: arguments[1])
let stem = "ports-bench-\(getpid())"
let names = TopicNames(
    input: "\(stem)-in", partials: "\(stem)-partials", alerts: "\(stem)-alerts",
    deadLetters: "\(stem)-dead", state: "\(stem)-state")

func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1e3 + Double(attoseconds) / 1e15
}

func makeTopics() throws {
    let admin = try Admin(properties: properties)
    let all = [names.input, names.alerts, names.deadLetters].map { NewTopic($0, partitions: 1) }
    _ = try admin.create(
        all + [
            NewTopic(names.partials, partitions: 16),
            NewTopic(names.state ?? "", partitions: 1, configs: [("cleanup.policy", "compact")]),
        ])
}

func join(_ group: Consumer, _ log: ShardQueue?) throws -> any GroupMembership {
    try group.subscribe()
    while true {
        guard
            case .assigned(let partitions, let isIncremental, let membership) =
                group.poll(timeoutMs: 100)
        else { continue }
        try group.assign(
            partitions.map { PartitionOffset($0, offset: 0) }, isIncremental: isIncremental)
        for partition in partitions where partition.topic == .input {
            log?.attach(partition, slot: 0, from: 0)
        }
        return membership
    }
}

/// Waits for a step without giving the processor away for long: the step's own time counts.
func outcome(_ producer: ShardProducer) -> StepOutcome {
    while true {
        if let outcome = producer.poll() { return outcome }
        usleep(50)
    }
}

func commits(_ group: Consumer, _ membership: any GroupMembership, count: Int, partitions: Int) {
    let producer = ShardProducer(
        .init(
            properties: properties, guarantee: .exactlyOnce(identity: "\(stem)-\(partitions)"),
            topics: names.only([.partials])), offsets: group.makeGroupOffsets()
    ) {}
    producer.start()
    guard case .done = outcome(producer) else { return print("the producer did not start") }
    let batch = CommitBatch()
    let value = Array(repeating: UInt8(7), count: 20_000)
    var times: [Double] = []
    for index in 0..<count {
        batch.reset()
        batch.close(as: "\(index)")
        let owner = TopicPartition(.input, 0)
        for partition in 0..<partitions {
            value.withUnsafeBytes {
                batch.append(
                    to: .init(.partials, Int32(partition)), of: owner, key: nil, value: $0)
            }
        }
        batch.append(PartitionOffset(.init(.input, 0), offset: Int64(index), metadata: batch.name))
        let start = clock.now
        producer.send(batch)
        _ = outcome(producer)
        producer.flush()
        _ = outcome(producer)
        producer.addOffsets(batch.positions, under: membership)
        _ = outcome(producer)
        producer.commit()
        guard case .done = outcome(producer) else { return print("a commit failed") }
        times.append(milliseconds(clock.now - start))
        usleep(50_000)
    }
    times.removeFirst(min(5, times.count / 2))
    times.sort()
    func at(_ share: Double) -> Double { times[Int(Double(times.count - 1) * share)] }
    print(
        "commit batch of \(partitions) x 20 kB, 20 a second: p50 \(at(0.5)) ms, p99 \(at(0.99)) ms, max \(at(1)) ms"
    )
}

func state(megabytes: Int) throws {
    let port = try TopicStatePort(properties: properties, topic: names.state ?? "", partitions: 1)
    let task = TaskID(application: 1, stage: .entity, partition: 0)
    var random = SystemRandomNumberGenerator()
    let page = (0..<8192).flatMap { _ in
        withUnsafeBytes(of: random.next()) { Array($0) }
    }
    let start = clock.now
    for sequence in 0..<max(1, megabytes / 64) {
        port.write(
            SnapshotPages(
                task: task, id: .init(incarnation: 1, sequence: UInt32(sequence)),
                pages: Array(repeating: page, count: 1024)))
        while true {
            if let end = port.poll() {
                if let error = end.error { return print("a write failed: \(error)") }
                break
            }
            usleep(200)
        }
    }
    let written = milliseconds(clock.now - start)
    let reading = clock.now
    let reader = port.open(task)
    var bytes = 0
    while reader.read(max: 256, { _, value in bytes += value?.count ?? 0 }) == .open { usleep(100) }
    let read = milliseconds(clock.now - reading)
    reader.close()
    let size = Double(bytes) / 1e6
    print(
        "state: \(Int(size)) MB, written at \(Int(size / written * 1e3)) MB/s, read at \(Int(size / read * 1e3)) MB/s"
    )
}

/// CPU time of this thread.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func fill(records: Int) throws {
    let producer = try Producer(properties: properties, topics: [names.input])
    let value = Array(repeating: UInt8(ascii: "x"), count: 300)
    try value.withUnsafeBytes { value in
        for _ in 0..<records {
            try producer.produce(topic: 0, partition: 0, key: nil, value: value)
        }
    }
    try producer.flush(timeoutMs: 120_000)
}

/// Nanoseconds of the reading thread a record, all records waiting in the queue already.
func queueCost(records: Int) throws -> Double {
    let consumer = try Consumer(
        properties: Properties(
            bootstrapServers: arguments[1],
            settings: [.init("queued.max.messages.kbytes", "2000000")]), role: .reader,
        topics: [names.input])
    let queue = try consumer.makeShardQueue()
    let partition = TopicPartition(0, 0)
    try consumer.assign([PartitionOffset(partition, offset: 0)], isIncremental: false)
    queue.attach(partition, slot: 0, from: 0)
    while queue.backlog < records { usleep(1000) }
    let start = threadSeconds()
    var sum = 0
    var count = 0
    while count < records {
        queue.withBatch(waitMs: 0) { batch in
            count += batch.count
            for entry in batch {
                sum += Int(entry.offset) + Int(entry.valueCount) + Int(entry.timestampMs & 1)
            }
        }
    }
    print(sum == 0 ? "nothing was read" : "", terminator: "")
    return (threadSeconds() - start) / Double(records) * 1e9
}

func logCost(records: Int) throws -> Double {
    let group = try Consumer(
        properties: Properties(
            bootstrapServers: arguments[1],
            settings: [.init("queued.max.messages.kbytes", "2000000")]),
        role: .consumer(group: "\(stem)-log", instanceID: nil),
        topics: names.only([.input, .partials]))
    let log = try group.makeShardQueue()
    _ = try join(group, log)
    while log.backlog < records { usleep(1000) }
    let start = threadSeconds()
    var sum = 0
    var count = 0
    while count < records {
        log.withBatch(max: 4096, waitMs: 0) { batch in
            count += batch.count
            for entry in batch {
                sum += Int(entry.offset) + Int(entry.valueCount) + Int(entry.timestampMs & 1)
            }
        }
    }
    print(sum == 0 ? "nothing was read" : "", terminator: "")
    return (threadSeconds() - start) / Double(records) * 1e9
}

Library.tuneAllocator()
try makeTopics()
let records = number(4, 1_000_000)
try fill(records: records)
for _ in 0..<3 {
    let queue = try queueCost(records: records)
    let log = try logCost(records: records)
    print("a record of the queue \(Int(queue)) ns, an entry of the log \(Int(log)) ns")
}
try state(megabytes: number(3, 1024))
let group = try Consumer(
    properties: properties, role: .consumer(group: stem, instanceID: nil),
    topics: names.only([.input, .partials]))
let membership = try join(group, nil)
for partitions in [1, 16] {
    commits(group, membership, count: number(2, 400), partitions: partitions)
}
let admin = try Admin(properties: properties)
_ = try admin.delete([
    names.input, names.partials, names.alerts, names.deadLetters, names.state ?? "",
])
