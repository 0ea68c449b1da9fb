import Campaigns
import Detection
import Execution
import Primitives
import Topology

/// Both sides of a replay on all threads, a round at a time.
///
/// A round decodes and folds chunks of records, each on whatever thread is free. Meanwhile the chunks of the next round
/// are read, and the ENTITY tasks take in the blocks of the round before. Between rounds one thread settles the
/// chunks in the order of their sources. So findings do not depend on how many threads there are; at most three
/// rounds' records and blocks are in memory.
final class Rounds {
    let ingest: IngestStage
    let reader: ChunkReader
    let shards: [EntityStage]
    let campaigns: CampaignStage?
    let width: Int
    let settings: PipelineSettings
    let plan: TopologyPlan
    let observer: (any EventObserver)?
    /// Sets of chunks that take turns: one is read into while the other is worked on.
    let sets: [[Chunk]]
    private(set) var turn = 0
    /// Chunks of the set that is worked on, and of the other one, whose blocks are to be taken in.
    private(set) var now = 0
    var before = 0
    private var hasBegun = false
    /// Whether blocks were taken in between two rounds.
    var hasDrained = false

    /// Chunks a thread has in a round: several, so that one that takes long does not hold up the others.
    private static let chunksPerThread = 3

    init(
        _ settings: PipelineSettings, _ plan: TopologyPlan, _ sources: [any RecordSource],
        _ campaigns: CampaignPipeline?, threads: Int, chunkRecords: Int,
        _ observer: (any EventObserver)?
    ) throws {
        width = threads
        self.settings = settings
        self.plan = plan
        self.observer = observer
        let count = width == 1 ? 1 : width * Self.chunksPerThread
        ingest = try IngestStage(settings, plan, sources, threads: threads, chunks: count, observer)
        reader = ChunkReader(sources, chunkRecords: chunkRecords)
        shards = (0..<threads).map {
            EntityStage(settings, plan, first: $0, stride: threads)
        }
        self.campaigns = campaigns.map { CampaignStage($0, settings) }
        let shardCount = shards.count
        sets = (0..<2).map { _ in (0..<count).map { _ in Chunk(shards: shardCount) } }
    }

    /// Puts verdicts into the logs of all tasks, before anything else: their effect begins with their times.
    func decide(_ verdicts: [VerdictRecord]) {
        let batches = shards.map { _ in BlockBatch() }
        let ofCampaigns = BlockBatch()
        var block = ByteBuffer(capacity: 64)
        for (offset, verdict) in verdicts.enumerated() {
            let verdict = VerdictBlock(verdict, offset: Int64(offset))
            block.removeAll()
            verdict.encode(into: &block, application: plan.application)
            let owner = TopologyPlan.partition(of: verdict.key, of: plan.partitions)
            batches[owner % shards.count].append(block.bytes, partition: owner)
            ofCampaigns.append(block.bytes, partition: 0)
        }
        for (shard, batch) in zip(shards, batches) { shard.receive(batch) }
        campaigns?.take([ofCampaigns])
        campaigns?.work()
    }

    /// How far reading has come.
    var progress: ReplayDriver.Progress {
        ReplayDriver.Progress(
            records: reader.recordsRead,
            time: reader.reached.map { plan.timing.paneWidth.start(of: Pane(index: $0)) })
    }

    /// Works on the next round; nil behind the last one, else what was found in the round before.
    ///
    /// - Throws: `InputError`.
    func next() async throws(InputError) -> [Finding]? {
        if !hasBegun {
            reader.fill(sets[turn])
            now = reader.filled
            hasBegun = true
        }
        if let failure = reader.failure { throw failure }
        let goesOn = hasDrained || campaigns?.hasWork == true
        hasDrained = false
        guard now > 0 || before > 0 || goesOn else { return nil }
        let filled = await work()
        if now > 0 { await settle() }
        (before, now, turn) = (now, filled, 1 - turn)
        campaigns?.take(shards.map { $0.turnEvidence() })
        return shards.flatMap { $0.takeFindings() } + (campaigns?.takeFindings() ?? [])
    }

    /// Reads the next round, folds this one, and takes in the one before; returns how many chunks were read.
    private func work() async -> Int {
        let (ingest, reader, shards, count) = (ingest, reader, shards, now)
        let (chunks, others, taken) = (sets[turn], sets[1 - turn], before)
        let campaigns = campaigns
        let last = 1 + shards.count + count
        await ParallelLoop.run(last + 1, width: width) { number, worker in
            if number == last {
                campaigns?.work()
            } else if number == 0 {
                reader.fill(others)
            } else if number <= shards.count {
                for chunk in others.prefix(taken) {
                    shards[number - 1].receive(chunk.batches[number - 1])
                }
            } else {
                let c = number - 1 - shards.count
                ingest.work(chunks[c], trial: c, worker: worker)
            }
        }
        return reader.filled
    }

    private func settle() async {
        for c in 0..<now {
            let chunk = sets[turn][c]
            reader.settle(chunk, at: ingest.settle(chunk, trial: c))
        }
        let (ingest, chunks) = (ingest, sets[turn])
        await ParallelLoop.run(now, width: width) { c, worker in
            ingest.flush(chunks[c], trial: c, worker: worker)
        }
    }

    /// Says what was done and what is kept, once all rounds are through.
    func describe(in report: inout ReplayDriver.Report) {
        ingest.finish()
        report.ingest = ingest.counters
        report.span = ingest.span
        report.refusals = ingest.refusals
        report.disorders = ingest.disorders
        report.gaps = ingest.gaps
        report.flaws = report.ingest.coverage.flaws.map {
            ReplayDriver.Flaw(place: ingest.place(of: $0), flawed: $0)
        }
        for shard in shards { shard.describe(in: &report) }
        campaigns?.describe(in: &report)
    }
}
