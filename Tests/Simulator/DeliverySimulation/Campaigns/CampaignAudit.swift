import Broker
import CampaignOracle
import Campaigns
import ClusterSimulation
@_spi(Simulation) import Delivery
import Detection
import Primitives
import Topology

/// Whether CAMPAIGN came to what it should: the rows of members are those of the undisturbed run, each once and in
/// order; what ENTITY told is, byte for byte, what its committed log makes an ENTITY task tell; no block of it is there
/// twice, missing or late; and the members are those of clusters recomputed from nothing.
struct CampaignAudit {
    /// What is wrong, in words.
    private(set) var problems: [String] = []
    private let run: SimulationRun
    private let oracle: Undisturbed
    private let scene: CampaignScene

    init(_ run: SimulationRun, _ oracle: Undisturbed, _ scene: CampaignScene, isQuiet: Bool) {
        self.run = run
        self.oracle = oracle
        self.scene = scene
        compareMembers()
        // Retention takes blocks away.
        if isQuiet, run.scenario.storage != .topicAndRetention {
            compareEvidence()
            checkContinuity()
        }
        compareClusters()
    }

    private mutating func compareMembers() {
        var seen: [MemberRecord] = []
        run.world.cluster.forEachCommitted(of: .members) {
            seen.append(MemberRecord($0.key, $0.value))
        }
        guard seen != oracle.members else { return }
        let place = zip(seen, oracle.members).prefix { $0 == $1 }.count
        problems.append(
            "row of a member \(place) of \(seen.count) is \(seen.dropFirst(place).first?.text ?? "none"), and "
                + "should be \(oracle.members.dropFirst(place).first?.text ?? "none") of "
                + "\(oracle.members.count)")
    }

    // MARK: Evidence

    /// What a task tells.
    private final class Listener: TaskOutputs {
        var evidence: [[UInt8]] = []

        func put(_ finding: Finding) {}

        func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
            if partition.topic == .evidence, let value { evidence.append(Array(value)) }
        }
    }

    private mutating func compareEvidence() {
        var told: [Int: [[UInt8]]] = [:]
        for (header, block) in blocks { told[header.source, default: []].append(block) }
        for partition in 0..<run.scenario.shuffles {
            let task = StageRow.entity.makeTask(oracle.pipeline, oracle.pipeline.plan, partition)
            let listener = Listener()
            run.world.cluster.forEachCommitted(of: .partials) { record in
                guard Int(record.partition.number) == partition, let value = record.value else {
                    return
                }
                feed(task, value, record.offset, listener)
            }
            let seen = told[partition] ?? []
            guard seen != listener.evidence else { continue }
            let place = zip(seen, listener.evidence).prefix { $0 == $1 }.count
            problems.append(
                "block \(place) of \(seen.count) of evidence of ENTITY \(partition) is not what its log makes: "
                    + "\(listener.evidence.count) blocks")
        }
    }

    private mutating func checkContinuity() {
        let task = CampaignTaskRunner(scene.pipeline, oracle.pipeline)
        let blocks = blocks
        for (_, block) in blocks { block.withUnsafeBytes { feed(task, $0, 0, nil) } }
        let numbers = task.numbers
        guard numbers.duplicateBlocks + numbers.evidenceGaps + numbers.lateBlocks > 0 else {
            return
        }
        problems.append(
            "of \(blocks.count) blocks of evidence \(numbers.duplicateBlocks) are there twice, "
                + "\(numbers.lateBlocks) late, \(numbers.evidenceGaps) do not follow the one before"
        )
    }

    private var blocks: [(header: EvidenceBlock.Header, bytes: [UInt8])] {
        var blocks: [(header: EvidenceBlock.Header, bytes: [UInt8])] = []
        run.world.cluster.forEachCommitted(of: .evidence) { record in
            guard let value = record.value, let block = try? EvidenceBlock(value) else { return }
            blocks.append((block.header, Array(value)))
        }
        return blocks
    }

    private mutating func feed(
        _ task: any StatefulTask, _ block: ByteSlice, _ offset: Int64, _ outputs: (any TaskOutputs)?
    ) {
        do throws(BlockError) {
            try task.receive(block, offset: offset, outputs: outputs)
        } catch {
            problems.append("a committed block cannot be read: \(error)")
        }
    }

    // MARK: Clusters

    /// Lets time pass in the undisturbed run until nothing is pending any more, and compares who belongs together with
    /// clusters computed from its evidence alone.
    private mutating func compareClusters() {
        guard !scene.forgets, let task = oracle.campaigns else { return }
        let settings = scene.pipeline.settings
        var told: [ToldEvidence] = []
        var last: [Int: EvidenceBlock.Header] = [:]
        for bytes in oracle.evidence {
            bytes.withUnsafeBytes { bytes in
                guard let block = try? EvidenceBlock(bytes) else { return }
                let tick = (block.header.through.ms + settings.tickMs - 1) / settings.tickMs
                var part = ToldEvidence(source: block.header.source, tick: tick)
                try? block.forEach { part.items.append($0) }
                told.append(part)
                last[block.header.source] = block.header
            }
        }
        guard let endMs = last.values.map(\.through.ms).max() else { return }
        let settledMs = Self.settled(from: endMs, settings)
        for (_, header) in last.sorted(by: { $0.key < $1.key }) {
            var writer = EvidenceWriter()
            var pause = header
            (pause.from, pause.through) = (header.through, EventTime(ms: settledMs))
            writer.finish(pause) { feed(task, $0, 0, nil) }
        }
        let naive = NaiveClusters(
            told, settings, feeds: oracle.pipeline.rules.feeds,
            population: last.values.reduce(0) { $0 + $1.accounts },
            until: settledMs / settings.tickMs)
        compare(task.table, naive)
    }

    /// When all is settled after `endMs`: leads are forgotten, parts have come apart and what is one has merged, since
    /// the last full hour as well, in which edges end.
    private static func settled(from endMs: Int64, _ settings: CampaignSettings) -> Int64 {
        let hourMs: Int64 = 3_600_000
        let pauseMs = settings.splitMs + 40 * settings.tickMs
        let settledMs =
            (endMs / settings.tickMs + 1) * settings.tickMs + settings.lingerMs + pauseMs
        let sinceMs = settledMs % hourMs
        let lateMs = sinceMs < pauseMs ? pauseMs - sinceMs : 0
        return (settledMs + lateMs + settings.tickMs - 1) / settings.tickMs * settings.tickMs
    }

    private mutating func compare(
        _ table: [(account: [UInt8], row: MemberRow)], _ naive: NaiveClusters
    ) {
        let clusters = naive.clusters()
        let homes = naive.homes(clusters)
        let rows = Dictionary(table.map { ($0.account, $0.row.campaign) }) { first, _ in first }
        var uidOf: [Int: FindingID] = [:]
        // Of campaigns in which an account is as often the older counts: which that is cannot be told here.
        let sure = homes.filter { $0.value.count == 1 }.map { ($0.value[0], $0.key) }
            .sorted { a, b in
                a.0 == b.0 ? a.1.lexicographicallyPrecedes(b.1) : a.0 < b.0
            }
        for (home, account) in sure {
            guard let uid = rows[account] else { continue }
            uidOf[home] = uidOf[home] ?? uid
        }
        for (home, account) in sure where uidOf[home] != nil && rows[account] != uidOf[home] {
            problems.append("\(name(account)) is not in the campaign of the rest of its cluster")
        }
        if Set(uidOf.values).count != uidOf.count { problems.append("a campaign has two clusters") }
        for account in rows.keys where homes[account]?.isEmpty ?? true {
            problems.append("\(name(account)) is in no cluster, and a member")
        }
        for (home, members) in Dictionary(grouping: sure, by: \.0)
        where members.count >= 3 && clusters[home].count >= 2 && uidOf[home] == nil {
            problems.append("a cluster of \(members.count) accounts is no campaign")
        }
    }

    private func name(_ account: [UInt8]) -> String { String(decoding: account, as: UTF8.self) }
}
