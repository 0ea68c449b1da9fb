import Broker
import Detection
import Primitives
import Snapshots

/// The task of the verdicts topic: records in, blocks out into the logs of the tasks that they concern.
///
/// It keeps nothing. It is a task like those that do, so that a verdict and its place in the topic are committed
/// together, and are put out once however often its owner is lost.
public final class VerdictTaskRunner: StatefulTask {
    private let settings: PipelineSettings
    private let partition: Int
    private var restoring: Restoring?
    private var counters = Counters()
    private var block = ByteBuffer(capacity: 64)
    /// The highest sequence of a snapshot of it.
    public private(set) var lastSequence: UInt32 = 0
    /// Whether what is received was put out already.
    public var isMuted = false

    private static let version: UInt8 = 1

    private final class Restoring {
        var pages: PageSequence

        init(_ manifest: Manifest) { pages = PageSequence(manifest) }
    }

    /// The task of a partition.
    public init(_ settings: PipelineSettings, partition: Int) {
        self.settings = settings
        self.partition = partition
    }

    /// Whose state it is.
    public var id: TaskID {
        TaskID(
            application: settings.application, stage: .verdicts, partition: Int32(partition))
    }

    // MARK: Records

    /// Reads a verdict, and puts it into the logs of ENTITY and of CAMPAIGN; what is none is refused.
    public func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        guard let outputs else { return }
        do throws(VerdictFlaw) {
            let verdict = VerdictBlock(try VerdictRecord(json: record), offset: offset)
            counters.verdictsRead += 1
            block.removeAll()
            verdict.encode(into: &block, application: settings.application)
            for place in Self.places(of: verdict, settings) {
                outputs.put(key: nil, value: block.bytes, to: place)
            }
        } catch {
            counters.verdictsRefused += 1
            outputs.refuse(record, offset: offset, reason: error.rawValue, advice: error.advice)
        }
    }

    /// The partitions of logs whose tasks a verdict concerns.
    static func places(
        of verdict: VerdictBlock, _ settings: PipelineSettings
    ) -> [TopicPartition] {
        let owner = TopologyPlan.partition(of: verdict.key, of: settings.partitions)
        let entity = TopicPartition(.partials, Int32(owner))
        return settings.evidence == nil ? [entity] : [entity, TopicPartition(.evidence, 0)]
    }

    /// Nothing: nothing waits.
    public func refill(_ record: ByteSlice, offset: Int64) throws(BlockError) {}

    // MARK: Snapshots

    /// A snapshot of nothing, at a position: a restore reads from there.
    public func takeSnapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool, leastRoll: Int
    ) -> TaskSnapshot? {
        var writer = PageWriter(task: self.id, id: id)
        writer.append(.verdictHeader) { $0.append(Self.version) }
        let (pages, digest) = writer.finish()
        var window = SnapshotWindow()
        window.push(
            SnapshotWindow.Entry(
                id: id, pages: UInt32(pages.pages.count), digest: digest,
                span: .all(from: window.cursor)))
        lastSequence = id.sequence
        return TaskSnapshot(
            pages: pages,
            manifest: Manifest(
                task: self.id, id: id, position: position, replayFrom: position, window: window))
    }

    /// Nothing: every snapshot holds everything.
    public func snapshotFailed() {}

    /// Nothing: there is nothing to forget.
    public func reset() {}

    /// Begins to load a snapshot's pages.
    public func beginRestore(_ manifest: Manifest) { restoring = Restoring(manifest) }

    /// Loads a page.
    public func load(_ page: Page) throws(RestoreError) {
        guard let restoring, restoring.pages.follows(page), page.kind == .verdictHeader else {
            throw .corrupted
        }
        try restoring.pages.items.read(page, corrupted: .corrupted) { (item) throws(RestoreError) in
            guard item.elementsEqual([Self.version]) else { throw .corrupted }
        }
    }

    /// Everything of the manifest is loaded.
    public func finishRestore() throws(RestoreError) -> RestoreReport {
        guard let restoring, restoring.pages.isAtEnd else { throw .corrupted }
        lastSequence = restoring.pages.manifest.id.sequence
        self.restoring = nil
        return RestoreReport(entities: 0)
    }

    // MARK: Numbers

    /// None: it reads people's records, and waits for nobody's event time.
    public var inputs: [SourceStatus] { [] }
    /// None: event time is that of the input.
    public var watermark: WatermarkStanding? { nil }
    /// Always: nobody waits for a verdict.
    public var hasEnded: Bool { true }
    /// None: every record is read.
    public var missingRecords: Int { 0 }
    /// None.
    public var waitingBytes: Int { 0 }
    /// Equal for all: nothing is kept.
    public var stateDigest: UInt64 { 0 }
    /// What it has done.
    public var numbers: Counters { counters }
}

extension PageKind {
    /// The version of the snapshot of a task that keeps nothing.
    static let verdictHeader = PageKind(rawValue: 1)
}

extension StageRow {
    /// Verdicts: people's records in; blocks for the logs of ENTITY and CAMPAIGN out. One task, so that verdicts have an
    /// order.
    public static let verdicts = StageRow(
        .verdicts, log: .verdicts, partitions: { _ in 1 }, keepsState: false
    ) { settings, _, partition in
        VerdictTaskRunner(settings, partition: partition)
    }
}
