import Primitives
import Replay
import Simulation

/// Simulated traffic as a source, made while it is read, that knows how far each population has come.
final class GeneratorSource: RecordSource {
    let name = "simulation"
    private let generator: Generator
    private let total: Int
    private var line = ByteBuffer(capacity: 4096)
    private var ledger: RequestLedger

    init(_ scenario: Scenario) {
        generator = Generator(scenario)
        total = min(scenario.expectedEvents, scenario.eventLimit ?? .max)
        ledger = RequestLedger(scenario)
    }

    var progress: (done: Int, total: Int)? { (min(generator.generated, total), total) }

    /// What the traffic really was.
    func truth() -> (labels: Labels, ledger: RequestLedger) { (generator.labels(), ledger) }

    func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        for _ in 0..<count {
            guard generator.next() else { return false }
            ledger.add(generator.event.population, at: generator.event.time)
            line.removeAll()
            generator.event.writeJSON(into: &line)
            body(line.bytes, generator.event.recordTime.ms)
        }
        return true
    }
}

/// Requests of each population by minute: how many were made before a moment.
struct RequestLedger: Sendable {
    private let startMs: Int64
    private var minutes: [[Int]]

    init(_ scenario: Scenario) {
        startMs = scenario.start.ms
        minutes = scenario.populations.map { _ in [] }
    }

    /// Counts a request; those of no population are left out.
    mutating func add(_ population: Int, at time: EventTime) {
        guard minutes.indices.contains(population) else { return }
        let minute = Int(max(0, time.ms - startMs) / 60_000)
        while minutes[population].count <= minute { minutes[population].append(0) }
        minutes[population][minute] += 1
    }

    /// Requests of a population up to `time`, that minute included.
    func requests(of population: Int, until time: EventTime) -> Int {
        let minute = Int(max(0, time.ms - startMs) / 60_000)
        return minutes[population].prefix(minute + 1).reduce(0, +)
    }
}
