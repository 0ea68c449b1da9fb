// What librdkafka can give at most: a bare batch consumer that reads a topic from its first to its last
// offset and does nothing with the records. Prints one JSON object.
//
//   consume-ceiling --bootstrap-servers HOST:PORT --topic NAME [--threads 1] [--batch 4096] [-X name=value]...
import Broker
import Glibc
import Kafka
import Primitives

struct Options {
    var servers = ""
    var topic = ""
    var threads = 1
    var batch = 4_096
    var settings: [Properties.Setting] = []

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch flag {
            case "--bootstrap-servers": servers = value
            case "--topic": topic = value
            case "--threads": threads = max(1, Int(value) ?? 1)
            case "--batch": batch = max(1, Int(value) ?? 1)
            case "-X":
                guard let setting = Properties.Setting(parsing: value) else { return nil }
                settings.append(setting)
            default: return nil
            }
        }
        guard !servers.isEmpty, !topic.isEmpty else { return nil }
    }
}

/// What one reading thread saw.
struct Tally: Sendable {
    var records = 0
    var bytes = 0
}

/// Reads its partitions to their ends.
func read(_ queue: ShardQueue, ends: [TopicPartition: Int64], batch: Int) -> Tally {
    var tally = Tally()
    var open = ends.count
    while open > 0 {
        queue.withBatch(max: batch, waitMs: 100) { batch in
            for entry in batch where entry.kind == .record {
                tally.records += 1
                tally.bytes += Int(entry.valueCount)
            }
        }
        open = ends.filter { (queue.position($0.key) ?? 0) < $0.value }.count
    }
    return tally
}

func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

func run(_ options: Options) async throws -> (tally: Tally, seconds: Double, cpu: Double) {
    let properties = try Properties(
        bootstrapServers: options.servers, settings: options.settings)
    let consumer = try Consumer(properties: properties, role: .reader, topics: [options.topic])
    let admin = try Admin(properties: properties)
    let partitions = try admin.describe(options.topic).partitions.map {
        TopicPartition(0, $0.id)
    }
    let marks = try consumer.watermarks(partitions)
    let waker = try consumer.makeWaker(for: partitions)
    let started = ContinuousClock.now
    let cpuBefore = cpuSeconds()
    try consumer.assign(
        partitions.map { PartitionOffset($0, offset: marks[$0]?.low ?? 0) }, isIncremental: false)
    let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
        for thread in 0..<options.threads {
            let mine = partitions.filter { Int($0.number) % options.threads == thread }
            let queue = try consumer.makeShardQueue(capacity: options.batch)
            for partition in mine {
                queue.attach(
                    partition, slot: 0, from: marks[partition]?.low ?? 0)
            }
            let ends = Dictionary(uniqueKeysWithValues: mine.map { ($0, marks[$0]?.high ?? 0) })
            let size = options.batch
            group.addTask { read(queue, ends: ends, batch: size) }
        }
        // Where the library stalls after a full queue, requests keep its brokers' threads awake.
        let waking = Task {
            while Library.stallsWhenFull, !Task.isCancelled {
                waker.wake()
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        defer { waking.cancel() }
        return try await group.reduce(into: Tally()) {
            $0.records += $1.records
            $0.bytes += $1.bytes
        }
    }
    let elapsed = (ContinuousClock.now - started) / .seconds(1)
    return (tally, elapsed, cpuSeconds() - cpuBefore)
}

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
    print("usage: consume-ceiling --bootstrap-servers HOST:PORT --topic NAME [-X name=value]...")
    exit(3)
}
Library.tuneAllocator()
do {
    let (tally, seconds, cpu) = try await run(options)
    func rounded(_ value: Double, _ digits: Double) -> Double {
        (value * digits).rounded() / digits
    }
    let count = Double(max(1, tally.records))
    print(
        """
        {"events":\(tally.records),"bytes":\(tally.bytes),"seconds":\(rounded(seconds, 1_000)),\
        "events_per_s":\(Int(count / seconds)),\
        "cpu_us_per_event":\(rounded(cpu / count * 1e6, 1_000)),\
        "librdkafka":"\(Library.version)"}
        """)
} catch {
    print("consume-ceiling: \(error)")
    exit(4)
}
