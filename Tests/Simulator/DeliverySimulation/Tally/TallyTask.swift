import Broker
import Primitives
import Snapshots
import Topology

/// A third stage, for the simulation alone: one task on one partition that ENTITY tasks write.
///
/// It counts what all of them found up to every fifth second of event time, and puts a record out once all have
/// come that far. Its state is a running digest, how far each source is, and what waits.
final class TallyTask: StatefulTask {
    private struct Source {
        var toMs: Int64 = .min
        var hasReported = false
        var hasEnded = false
    }

    private struct State {
        var sources: [Source] = []
        var waiting: Set<TallyBlock.Item> = []
        var digest: UInt64 = 0
        var count: UInt64 = 0
        /// Blocks that do not follow the one before.
        var missing: Int64 = 0
    }

    let id: TaskID
    private var state = State()
    private var loaded: State?
    private var items = ItemReader()
    private(set) var lastSequence: UInt32 = 0
    var isMuted = false

    private static let kind = PageKind(rawValue: 1)
    private static let everyMs: Int64 = 5_000

    init(_ id: TaskID) { self.id = id }

    // MARK: Blocks

    func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        let block = try TallyBlock(record)
        while state.sources.count < block.sources { state.sources.append(Source()) }
        var source = state.sources[block.source]
        if source.toMs != block.fromMs { state.missing += 1 }
        source = Source(toMs: block.toMs, hasReported: true, hasEnded: block.hasEnded)
        state.sources[block.source] = source
        for item in block.items where !state.waiting.insert(item).inserted { state.missing += 1 }
        close(outputs)
    }

    /// Counts whatever lies before the watermark.
    private func close(_ outputs: (any TaskOutputs)?) {
        let ready = state.waiting.filter { Self.tick($0) <= watermarkMs }.sorted()
        for (place, item) in ready.enumerated() {
            state.waiting.remove(item)
            var bytes = ByteBuffer()
            item.encode(into: &bytes)
            state.digest = mix(state.digest ^ xxh3(bytes.bytes))
            state.count += 1
            let isLast = place + 1 == ready.count || Self.tick(ready[place + 1]) != Self.tick(item)
            guard isLast, let outputs else { continue }
            put("\(Self.tick(item))", "\(state.count) \(state.digest)", outputs)
        }
    }

    private func put(_ key: String, _ value: String, _ outputs: any TaskOutputs) {
        var (key, value) = (key, value)
        key.withUTF8 { key in
            value.withUTF8 { value in
                outputs.put(
                    key: ByteSlice(key), value: ByteSlice(value), to: TopicPartition(.tallies, 0))
            }
        }
    }

    private static func tick(_ item: TallyBlock.Item) -> Int64 {
        (item.timeMs + everyMs - 1) / everyMs * everyMs
    }

    private var watermarkMs: Int64 {
        guard !state.sources.isEmpty, state.sources.allSatisfy(\.hasReported) else { return .min }
        return state.sources.map { $0.hasEnded ? .max : $0.toMs }.min() ?? .min
    }

    /// Nothing waits that is not in a snapshot.
    func refill(_ record: ByteSlice, offset: Int64) throws(BlockError) { throw .corrupt }

    // MARK: Snapshots

    func takeSnapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool, leastRoll: Int
    ) -> TaskSnapshot? {
        var writer = PageWriter(task: self.id, id: id)
        writer.append(Self.kind, encoded.bytes)
        let (pages, digest) = writer.finish()
        var window = SnapshotWindow()
        window.push(
            SnapshotWindow.Entry(
                id: id, pages: UInt32(pages.pages.count), digest: digest, span: .all(from: 0)))
        lastSequence = id.sequence
        return TaskSnapshot(
            pages: pages,
            manifest: Manifest(
                task: self.id, id: id, position: position, replayFrom: position, window: window))
    }

    private var encoded: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.append(integer: state.digest)
        buffer.append(integer: state.count)
        buffer.append(integer: state.missing)
        buffer.append(integer: UInt32(state.sources.count))
        for source in state.sources {
            buffer.append(integer: source.toMs)
            buffer.append((source.hasReported ? 1 : 0) | (source.hasEnded ? 2 : 0))
        }
        TallyBlock.encode(state.waiting.sorted(), into: &buffer)
        return buffer
    }

    func snapshotFailed() {}

    func reset() {
        state = State()
        loaded = nil
    }

    func beginRestore(_ manifest: Manifest) {
        reset()
        items = ItemReader()
        lastSequence = manifest.id.sequence
    }

    func load(_ page: Page) throws(RestoreError) {
        try items.read(page, corrupted: .corrupted) { (item) throws(RestoreError) in
            var reader = ByteReader(item)
            guard let digest = reader.integer(UInt64.self),
                let count = reader.integer(UInt64.self),
                let missing = reader.integer(Int64.self), let sources = Self.sources(&reader),
                let waiting = TallyBlock.items(&reader)
            else { throw .corrupted }
            loaded = State(
                sources: sources, waiting: Set(waiting), digest: digest, count: count,
                missing: missing)
        }
    }

    private static func sources(_ reader: inout ByteReader) -> [Source]? {
        guard let count = reader.integer(UInt32.self) else { return nil }
        var sources: [Source] = []
        for _ in 0..<count {
            guard let toMs = reader.integer(Int64.self), let flags = reader.integer(UInt8.self)
            else { return nil }
            sources.append(
                Source(toMs: toMs, hasReported: flags & 1 != 0, hasEnded: flags & 2 != 0))
        }
        return sources
    }

    func finishRestore() throws(RestoreError) -> RestoreReport {
        guard let loaded else { throw .corrupted }
        state = loaded
        self.loaded = nil
        isMuted = true
        return RestoreReport(entities: 0)
    }

    // MARK: Numbers

    var inputs: [SourceStatus] { [] }
    var watermark: WatermarkStanding? {
        state.sources.isEmpty
            ? nil
            : WatermarkStanding(
                closedThrough: EventTime(ms: max(0, watermarkMs)), slowestSource: nil)
    }
    var hasEnded: Bool { !state.sources.isEmpty && state.sources.allSatisfy(\.hasEnded) }
    var numbers: Counters { Counters() }
    var missingRecords: Int { Int(state.missing) }
    var waitingBytes: Int { 0 }
    var stateDigest: UInt64 { xxh3(encoded.bytes) }
}
