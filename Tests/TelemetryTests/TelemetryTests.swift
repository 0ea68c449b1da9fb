import Synchronization
import Telemetry
import Testing

@Suite("Counters and progress")
struct TelemetryTests {
    @Test("every metric has a name of its own in Prometheus's conventions")
    func names() {
        let names = Metric.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Metric.eventsProcessed.name == "stillwatch_events_processed_total")
        #expect(Metric.stateBytes.name == "stillwatch_state_bytes")
        for name in names {
            #expect(name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(name)")
        }
    }

    @Test("the registry sums the last totals of every shard")
    func registry() {
        let registry = MetricRegistry(shards: 2)
        var counters = Counters()
        for total in [1, 5] {
            counters[.eventsProcessed] = Int64(total)
            registry.publish(counters, shard: 0)
            registry.publish(counters, shard: 1)
        }
        #expect(registry.total()[.eventsProcessed] == 10)
        #expect(registry.total()[.findings] == 0)
    }

    @Test("an occurrence counts and logs the same thing once")
    func occurrence() {
        let kept = LineKeeper()
        let handler = LogHandler(format: .text, clock: { 0 }, writer: { kept.add($0) })
        let logger = Logger(label: "test", handler: handler)
        var counters = Counters()
        RecordDeadLettered(topic: "t", partition: 3, offset: 42, reason: "malformed")
            .emit(&counters, logger)
        EntitiesEvicted(entities: 7, budgetBytes: 1_024).emit(&counters, logger)
        PartitionsMoved(topic: "t", partitions: [2, 1], isAssigned: true).emit(&counters, logger)
        #expect(counters[.deadLetters] == 1)
        #expect(counters[.entitiesEvicted] == 7)
        #expect(counters[.partitionsAssigned] == 2)
        let text = kept.text
        #expect(text.contains("offset=42 partition=3 reason=malformed topic=t"))
        #expect(text.contains("partitions assigned partitions=1,2"))
    }

    @Test("the progress bar shows share and time left, never more than it knows")
    func progress() {
        #expect(
            ProgressBar.line(label: "backtest", done: 25, total: 100, elapsedMs: 10_000)
                == "backtest [#####---------------]  25 %  00:30 left")
        #expect(
            ProgressBar.line(label: "x", done: 0, total: 10, elapsedMs: 0)
                == "x [--------------------]   0 %  --:-- left")
        #expect(
            ProgressBar.line(label: "x", done: 20, total: 10, elapsedMs: 5)
                == "x [####################] 100 %  00:00 left")
        #expect(ProgressBar.line(label: "x", done: 5, total: 0, elapsedMs: 61_000) == "x 01:01")
    }
}

/// Keeps log lines.
private final class LineKeeper: Sendable {
    private let lines = Mutex<[UInt8]>([])
    func add(_ line: [UInt8]) { lines.withLock { $0 += line } }
    var text: String { lines.withLock { String(decoding: $0, as: UTF8.self) } }
}
