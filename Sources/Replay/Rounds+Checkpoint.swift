import Detection
import Execution
import Primitives
import Topology

/// Checkpoints of a replay, between rounds.
extension Rounds {
    /// Lets the ENTITY side take in all that is settled; returns what is found.
    func drain() async -> [Finding] {
        let (shards, blocks) = (shards, Array(sets[1 - turn].prefix(before)))
        await ParallelLoop.run(shards.count, width: width) { number, _ in
            for chunk in blocks { shards[number].receive(chunk.batches[number]) }
        }
        // Nothing may have been read in this round because something was still to be settled: there is a next one.
        if before > 0 { hasDrained = true }
        before = 0
        guard let campaigns else { return shards.flatMap { $0.takeFindings() } }
        campaigns.work()
        campaigns.take(shards.map { $0.turnEvidence() })
        campaigns.work()
        return shards.flatMap { $0.takeFindings() } + campaigns.takeFindings()
    }

    /// Writes a checkpoint behind `drain`; `findings` are all so far. Not while a jump waits: soon it does not.
    func save(to checkpoints: Checkpoints, _ findings: [Finding]) {
        guard !ingest.hasPendingJump else { return }
        ingest.finish()
        checkpoints.write { (writer) throws(CheckpointError) in
            var buffer = ByteBuffer(capacity: 1 << 16)
            for source in 0..<reader.count {
                let (clock, counters) = ingest.standing(of: source)
                let place = reader.settled(source, before: sets[turn].prefix(now))
                let state = SourceState(
                    bookmark: place.bookmark, records: place.records, isOpen: place.isOpen,
                    clock: clock, counters: counters)
                buffer.removeAll()
                state.encode(into: &buffer)
                try writer.add(.source, buffer.bytes)
            }
            buffer.removeAll()
            ingest.encode(into: &buffer)
            try writer.add(.ingest, buffer.bytes)
            buffer.removeAll()
            FindingList.encode(findings, into: &buffer)
            try writer.add(.findings, buffer.bytes)
            if let observer {
                buffer.removeAll()
                observer.encode(into: &buffer)
                try writer.add(.observer, buffer.bytes)
            }
            buffer.removeAll()
            entities.encode(into: &buffer)
            ruleCosts.encode(into: &buffer)
            try writer.add(.entities, buffer.bytes)
            for shard in shards { try shard.save(into: &writer) }
            try campaigns?.save(into: &writer)
        }
    }

    /// What all tasks have done, those of earlier runs included.
    private var entities: Counters {
        var sum = Counters()
        for shard in shards { sum.add(shard.counters) }
        return sum
    }

    /// What the evaluations of each rule have cost, those of earlier runs included.
    private var ruleCosts: [RuleCost] {
        var sum: [RuleCost] = []
        for shard in shards { shard.addCosts(to: &sum) }
        return sum
    }

    /// Goes on from a checkpoint, before the first round; returns the findings so far.
    ///
    /// - Throws: `CheckpointError` where it cannot be used, `InputError` where a source cannot go on.
    func restore(from path: String) throws -> [Finding] {
        var file = try CheckpointReader(path)
        var findings: [Finding]?
        var sources = 0
        while true {
            let section = try file.next()
            var isWhole = true
            switch section.kind {
            case .identity, .note: break
            case .source:
                guard let state = SourceState(section.bytes, plan.timing), sources < reader.count
                else { throw file.damage }
                ingest.restore(state, of: sources)
                try reader.restore(state, of: sources)
                sources += 1
            case .ingest: isWhole = ingest.restore(section.bytes)
            case .findings:
                findings = FindingList.decode(
                    section.bytes,
                    settings.rules.rules.map(\.info) + settings.rules.campaigns.rules.map(\.info))
            case .observer: isWhole = observer?.restore(section.bytes) ?? true
            case .entities:
                var counts = ByteReader(section.bytes)
                guard let base = Counters(&counts), let costs = [RuleCost](&counts) else {
                    throw file.damage
                }
                (shards[0].base, shards[0].baseCosts) = (base, costs)
            case .task:
                let found = TaskRestore(
                    section.bytes, .entity, plan, partitions: plan.partitions)
                guard let task = found else { throw file.damage }
                try restore(task, &file)
            case .campaign:
                guard let task = TaskRestore(section.bytes, .campaign, plan, partitions: 1) else {
                    throw file.damage
                }
                try restoreCampaigns(task, &file)
            case .page, .pending, .campaignPage, .campaignEnd: isWhole = false
            case .end:
                guard sources == reader.count, let findings else { throw file.damage }
                return findings
            }
            guard isWhole else { throw file.damage }
        }
    }

    private func restoreCampaigns(
        _ begun: consuming TaskRestore, _ file: inout CheckpointReader
    ) throws(CheckpointError) {
        let offset = begun.offset
        while true {
            let section = try file.next()
            switch section.kind {
            case .campaignPage: begun.add(section.bytes)
            case .campaignEnd:
                guard let found = begun.chosen, let campaigns,
                    campaigns.restore(
                        found.manifest, found.pages, offset: offset, done: section.bytes)
                else { throw file.damage }
                return
            default: throw file.damage
            }
        }
    }

    private func restore(
        _ begun: consuming TaskRestore, _ file: inout CheckpointReader
    ) throws(CheckpointError) {
        let (partition, offset) = (begun.partition, begun.offset)
        while true {
            let section = try file.next()
            switch section.kind {
            case .page: begun.add(section.bytes)
            case .pending:
                guard let task = begun.finish(section.bytes, settings, plan) else {
                    throw file.damage
                }
                return shards[partition % shards.count].take(task, offset: offset)
            default: throw file.damage
            }
        }
    }
}

extension [RuleCost] {
    /// Appends all of them.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(count))
        for cost in self {
            buffer.append(varint: UInt64(cost.evaluations))
            buffer.append(varint: cost.sampledNs)
        }
    }

    /// Reads what `encode` has written; nil where it is something else.
    init?(_ reader: inout ByteReader) {
        guard let count = reader.number() else { return nil }
        self = []
        for _ in 0..<count {
            guard let evaluations = reader.number(), let sampledNs = reader.varint() else {
                return nil
            }
            var cost = RuleCost()
            (cost.evaluations, cost.sampledNs) = (evaluations, sampledNs)
            append(cost)
        }
    }
}
