import Detection
import Events
import Glibc
import Primitives
import Replay
import Simulation
import Snapshots
import Topology
import YAML

/// Runs the same events through one layer after the other.
struct LayerBench {
    private let options: Options
    private let file: EventFile
    private let starter: RuleSet
    /// The starter rules with thresholds nothing reaches: the same state, nothing to evaluate.
    private let outOfReach: RuleSet

    init(_ options: Options) throws {
        self.options = options
        starter = try Self.rules(StarterRules.files.map(\.text))
        outOfReach = try Self.rules(
            StarterRules.files.map {
                $0.text.replacing(/requests\(24h\) >= \d+/, with: "requests(24h) >= 1000000000000")
            })
        let scenario = Scenario.bench(
            events: options.events, accounts: options.accounts,
            spanMs: Int64(options.seconds) * 1000)
        file = try EventFile(scenario, events: options.events)
    }

    private static func rules(_ texts: [String]) throws -> RuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for text in texts { loader.load(SourceText(name: "starter", text: text)) }
        precondition(!diagnostics.hasErrors, diagnostics.text)
        return try RuleSet(loader.rules)
    }

    /// Measures everything and returns the report.
    func run() async throws -> String {
        let events = Double(file.lines.count)
        let read = try cpuNs { try readFile() }
        let decode = try cpuNs { try decodeAll() }
        var shuffle = Shuffle()
        let ingest = try cpuNs { try fold(into: &shuffle) }
        // Once unmeasured: the first pass over state pays for the system's pages, the others do not.
        _ = try entity(shuffle, outOfReach)
        let quiet = try entity(shuffle, outOfReach)
        let full = try entity(shuffle, starter)
        let wall = ContinuousClock.now
        var report = ReplayDriver.Report()
        let whole = try await cpuNs {
            report = try await ReplayDriver(settings(starter)).run([FileSource(path: file.path)])
        }
        let seconds = (ContinuousClock.now - wall) / .seconds(1)
        var json = JSONWriter()
        json.beginObject()
        func member(_ key: String, _ value: Double) {
            json.key(key)
            json.value((value * 10).rounded() / 10)
        }
        json.key("benchmark")
        json.value("layers")
        member("events", events)
        member("bytes_per_event", Double(file.bytes.count) / events)
        member("block_bytes_per_event", Double(shuffle.bytes.count) / events)
        member("partials_per_event", Double(full.counters.partials) / events)
        member("panes", Double(full.counters.panesClosed) / Double(Shuffle.partitions))
        json.key("cpu_ns_per_event")
        json.beginObject()
        member("read", read / events)
        member("decode", decode / events)
        member("ingest_fold", (ingest - decode) / events)
        member("block_receive", full.receiveNs / events)
        member("window_update", quiet.advanceNs / events)
        member("evaluate", (full.advanceNs - quiet.advanceNs) / events)
        member("backtest", whole / events)
        json.endObject()
        member("window_update_ns_per_partial", quiet.advanceNs / Double(quiet.counters.partials))
        member("snapshot_ns_per_entity", full.snapshotNs / Double(full.entities))
        member("snapshot_bytes_per_entity", Double(full.snapshotBytes) / Double(full.entities))
        member("restore_ns_per_entity", full.restoreNs / Double(full.entities))
        member("evaluations", Double(full.counters.evaluations))
        member("entities", Double(report.entities.entities))
        member("state_mib", Double(report.entities.stateBytes) / 1_048_576)
        member("backtest_events_per_s", events / seconds)
        json.endObject()
        return json.buffer.string()
    }

    private func settings(_ rules: RuleSet) -> PipelineSettings {
        var settings = PipelineSettings(rules: rules)
        settings.partitions = Shuffle.partitions
        return settings
    }

    private func makeDecoder() throws -> EventDecoder {
        let settings = settings(starter)
        return try settings.makeDecoder(settings.plan.tracked)
    }

    // MARK: Layers

    /// From the file, line by line.
    private func readFile() throws {
        let source = try FileSource(path: file.path)
        var bytes = 0
        while try source.read(4096, { line, _ in bytes += line.count }) {}
        precondition(bytes == file.bytes.count - file.lines.count)
    }

    private func decodeAll() throws {
        var decoder = try makeDecoder()
        for range in file.lines {
            guard decoder.decode(file.line(range)) == .event else {
                preconditionFailure("a generated event is refused")
            }
        }
    }

    /// Decodes, folds and cuts blocks every `Shuffle.step` events.
    private func fold(into shuffle: inout Shuffle) throws {
        var decoder = try makeDecoder()
        var task = IngestTask(plan: settings(starter).plan, source: 0, sources: 1)
        for (offset, range) in file.lines.enumerated() {
            task.ingest(
                file.line(range), offset: Int64(offset), timestampMs: nil, decoder: &decoder)
            if offset % Shuffle.step == Shuffle.step - 1 { shuffle.flush(&task, state: .active) }
        }
        task.finish(decoder: &decoder)
        shuffle.flush(&task, state: .ended)
        precondition(task.counters.processed == file.lines.count)
    }

    /// What the ENTITY side took.
    private struct EntityCost {
        var receiveNs = 0.0
        var advanceNs = 0.0
        var snapshotNs = 0.0
        var restoreNs = 0.0
        var snapshotBytes = 0
        var entities = 0
        var counters = Counters()
    }

    /// Receives the blocks and closes panes, flush by flush.
    private func entity(_ shuffle: borrowing Shuffle, _ rules: RuleSet) throws -> EntityCost {
        let settings = settings(rules)
        let plan = settings.plan
        let tasks = UnsafeMutablePointer<EntityTask>.allocate(capacity: Shuffle.partitions)
        for i in 0..<Shuffle.partitions {
            (tasks + i).initialize(
                to: settings.makeEntityTask(plan, partition: i))
        }
        defer {
            tasks.deinitialize(count: Shuffle.partitions)
            tasks.deallocate()
        }
        var cost = EntityCost()
        var findings: [Finding] = []
        for (offset, flush) in shuffle.flushes.enumerated() {
            cost.receiveNs += try cpuNs {
                for block in flush {
                    try tasks[block.partition].receive(
                        shuffle.bytes(of: block), offset: Int64(offset))
                }
            }
            cost.advanceNs += cpuNs {
                for i in 0..<Shuffle.partitions { tasks[i].advance(&findings) }
            }
        }
        for i in 0..<Shuffle.partitions {
            cost.counters.add(tasks[i].counters)
            cost.entities += tasks[i].entities
            try save(&tasks[i], settings, &cost)
        }
        return cost
    }

    /// Writes a full snapshot of a task and reads it back, as another owner does.
    private func save(
        _ task: inout EntityTask, _ settings: PipelineSettings, _ cost: inout EntityCost
    ) throws {
        var taken: TaskSnapshot?
        cost.snapshotNs += cpuNs {
            taken = task.snapshot(SnapshotID(incarnation: 1, sequence: 1), position: 1)
        }
        guard let taken else { preconditionFailure("no snapshot") }
        cost.snapshotBytes += taken.pages.pages.reduce(0) { $0 + $1.count }
        cost.restoreNs += try cpuNs {
            var assembler = SnapshotAssembler(task: task.id)
            for (i, page) in taken.pages.pages.enumerated() {
                let key = StateKey(task.id, .page(index: UInt32(i)), of: taken.pages.id).bytes
                key.withUnsafeBytes { key in
                    page.withUnsafeBytes { assembler.add(key: key, value: $0) }
                }
            }
            var copy = settings.makeEntityTask(
                settings.plan, partition: task.partition, restoring: taken.manifest)
            for page in assembler.pages(of: taken.manifest) { try copy.load(page) }
            let report = try copy.finishRestore()
            precondition(report.entities == task.entities && report.isExact)
        }
    }
}

/// Blocks in memory, in the order of their flushes.
struct Shuffle: ~Copyable {
    struct Block {
        var partition: Int
        var range: Range<Int>
    }

    static let partitions = 16
    /// Events between two flushes.
    static let step = 4096

    private(set) var bytes = ByteBuffer(capacity: 1 << 20)
    private(set) var flushes: [[Block]] = []

    /// Takes what waits in `task`.
    mutating func flush(_ task: inout IngestTask, state: IngestTask.SourceState) {
        var blocks: [Block] = []
        task.flush(through: task.processedOffset, state: state) { partition, block in
            let start = bytes.count
            bytes.append(block)
            blocks.append(Block(partition: partition, range: start..<bytes.count))
        }
        flushes.append(blocks)
    }

    /// A block's bytes.
    func bytes(of block: Block) -> ByteSlice {
        ByteSlice(start: bytes.base + block.range.lowerBound, count: block.range.count)
    }
}

/// Nanoseconds of processor time, of all threads.
func processorNs() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// Nanoseconds of processor time that `body` takes.
func cpuNs(_ body: () throws -> Void) rethrows -> Double {
    let start = processorNs()
    try body()
    return processorNs() - start
}

/// Nanoseconds of processor time that `body` takes.
func cpuNs(_ body: () async throws -> Void) async rethrows -> Double {
    let start = processorNs()
    try await body()
    return processorNs() - start
}
