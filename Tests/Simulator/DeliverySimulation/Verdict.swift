import Broker
import ClusterSimulation
@_spi(Simulation) import Delivery
import Primitives
import Snapshots

/// Compares what the cluster holds at the end with an undisturbed run.
struct Verdict {
    private(set) var outcome = Outcome()
    private var episodes = Episodes()
    private let run: SimulationRun
    private let oracle: Undisturbed

    init(_ run: SimulationRun, isQuiet: Bool) throws {
        self.run = run
        oracle = try Undisturbed(
            run.scenario.workload,
            run.scenario.settings(incarnation: 0, try run.scenario.rules()),
            isEnded: run.scenario.isEnded)
        compareDeadLetters()
        compareCounts()
        checkOffsets()
        checkNotices()
        compareFindings()
        compareTallies()
        checkEpisodes()
        if let scene = run.scenario.campaigns {
            outcome.campaigns = oracle.campaignNumbers
            for text in CampaignAudit(run, oracle, scene, isQuiet: isQuiet).problems {
                problem(text)
            }
        }
        if isQuiet {
            if !run.scenario.isEnded { compareStates() }
            checkManifests()
        }
    }

    private mutating func problem(_ text: String) {
        if outcome.problems.count < 20 { outcome.problems.append(text) }
    }

    private var cluster: Cluster { run.world.cluster }

    // MARK: Outputs

    private mutating func compareFindings() {
        var seen: [String: Int] = [:]
        outcome.expected = oracle.findings.count
        cluster.forEachCommitted(of: .alerts) { record in
            let id = record.headers.first { $0.name == "ce_id" }?.text ?? ""
            let output = Undisturbed.Output(
                key: record.key.map { Array($0) } ?? [],
                value: record.value.map { Array($0) } ?? [],
                timestampMs: record.timestampMs)
            seen[id, default: 0] += 1
            if run.startsBeforeChange != nil, Self.text(output.value).contains(Self.addedRule) {
                return episodes.add(record, id)
            }
            guard let expected = oracle.findings[id] else {
                outcome.different += 1
                return problem("a finding that should not be: \(Self.text(output.value))")
            }
            if expected != output {
                outcome.different += 1
                problem(
                    "finding \(id) is \(Self.text(output.value)), and should be "
                        + Self.text(expected.value))
            }
        }
        for (id, count) in seen.sorted(by: { $0.key < $1.key }) where count > 1 {
            outcome.doubled += 1
            problem("finding \(id) is there \(count) times")
        }
        for id in oracle.findings.keys.sorted() where seen[id] == nil {
            outcome.lost += 1
            problem("finding \(id) is missing")
        }
    }

    /// What the third stage has put out: every record once, in order.
    private mutating func compareTallies() {
        var seen: [String] = []
        cluster.forEachCommitted(of: .tallies) { record in
            let parts = [record.key, record.value].map { $0.map { Self.text(Array($0)) } ?? "" }
            seen.append(parts.joined(separator: ": "))
        }
        guard seen != oracle.tallies else { return }
        let place = zip(seen, oracle.tallies).prefix { $0 == $1 }.count
        problem(
            "tally \(place) of \(seen.count) is \(seen.dropFirst(place).first ?? "none"), and should be "
                + "\(oracle.tallies.dropFirst(place).first ?? "none") of \(oracle.tallies.count)")
    }

    private static let addedRule = "\"rule\":\"\(Workload.addedRule)\""

    /// The undisturbed run does not have the rule that was added: its episodes must be whole, and an entity has one
    /// at a time. Where state was rebuilt under other rules than it was made, that cannot be.
    private mutating func checkEpisodes() {
        guard let before = run.startsBeforeChange else { return }
        let isRebuilt = run.all.dropFirst(before).contains { instance in
            instance.notices.contains { if case .rebuilding = $0 { true } else { false } }
        }
        guard !isRebuilt else { return }
        for text in episodes.problems {
            outcome.doubled += 1
            problem(text)
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private mutating func compareDeadLetters() {
        var seen: [String: Int] = [:]
        cluster.forEachCommitted(of: .deadLetters) { record in
            func header(_ name: String) -> String {
                record.headers.first { $0.name == name }?.text ?? ""
            }
            let names = record.headers.map(\.name)
            if Set(names).count != names.count {
                problem("a dead letter has headers twice: \(names)")
            }
            let place = ["partition", "offset", "element", "reason"]
            let id = place.map { header("stillwatch_" + $0) }.joined(separator: " ")
            seen[id, default: 0] += 1
        }
        for (id, count) in seen.sorted(by: { $0.key < $1.key }) {
            if count > 1 { problem("dead letter \(id) is there \(count) times") }
            if !oracle.deadLetters.contains(id) { problem("dead letter \(id) should not be") }
        }
        for id in oracle.deadLetters.sorted() where seen[id] == nil {
            problem("dead letter \(id) is missing")
        }
    }

    /// Where blocks are kept, they must count every admitted event once.
    private mutating func compareCounts() {
        let audit = PartialsAudit(cluster)
        if run.scenario.storage != .topicAndRetention {
            for text in audit.problems { problem(text) }
            if audit.events != oracle.admitted {
                problem(
                    "partials count \(audit.events) events, and \(oracle.admitted) were admitted")
            }
        }
    }

    private mutating func checkOffsets() {
        var last: [TopicPartition: Int64] = [:]
        for commit in cluster.group.offsetHistory {
            let partition = commit.position.partition
            let offset = commit.position.offset ?? 0
            if offset < last[partition] ?? 0 {
                problem("\(partition): \(offset) is committed after \(last[partition] ?? 0)")
            }
            last[partition] = offset
        }
    }

    private mutating func checkNotices() {
        for instance in run.all {
            for notice in instance.notices {
                switch notice {
                case .missingRecords(let partition, let count):
                    problem("\(instance.name): \(count) records missing in partition \(partition)")
                case .rebuilding(let task, let offset, let isLost) where isLost:
                    problem(
                        "\(instance.name): \(task) is rebuilt from \(offset), behind records gone")
                case .dataLossAccepted(let partition, _, _):
                    problem("\(instance.name): data loss of \(partition) accepted")
                case .snapshotUnusable(let task, let id, let reason)
                where run.scenario.storage.isUndamaged:
                    problem("\(instance.name): snapshot \(id) of \(task): \(reason)")
                case .restored(_, let summary) where summary.snapshot != nil: outcome.restores += 1
                default: break
                }
            }
        }
    }

    // MARK: State

    private mutating func compareStates() {
        var seen: Set<TopicPartition> = []
        for instance in run.all where instance.process.state == .running {
            for (partition, digest) in instance.digests.sorted(by: { $0.key < $1.key }) {
                if !seen.insert(partition).inserted {
                    problem("\(partition) has two owners")
                }
                // The book of findings of ENTITY is another with a rule more.
                let isSame = run.startsBeforeChange == nil || partition.topic == .evidence
                if isSame, digest != oracle.digests[partition] {
                    problem("the state of the task of \(partition) differs")
                }
            }
        }
        for partition in oracle.digests.keys.sorted() where !seen.contains(partition) {
            problem("\(partition) has no owner")
        }
    }

    /// What a manifest that counts names must be there and whole.
    private mutating func checkManifests() {
        guard run.scenario.storage.isUndamaged else { return }
        let pipeline = oracle.pipeline
        let tasks = run.scenario.stages.flatMap { stage in
            stage.logs(pipeline).map { stage.task($0.number, pipeline) }
        }
        for task in tasks {
            var assembler = SnapshotAssembler(task: task)
            cluster.forEachCommitted(of: .state) { record in
                if let key = record.key { assembler.add(key: key, value: record.value) }
            }
            check(assembler, task)
            for disk in run.disks.values {
                var assembler = SnapshotAssembler(task: task)
                disk.forEach { key, bytes in
                    key.bytes.withUnsafeBytes { key in
                        bytes.withUnsafeBytes { assembler.add(key: key, value: $0) }
                    }
                }
                check(assembler, task)
            }
        }
    }

    private mutating func check(_ assembler: SnapshotAssembler, _ task: TaskID) {
        for candidate in assembler.choose(notAfter: .max) {
            if let problem = candidate.problem {
                self.problem("snapshot \(candidate.id) of \(task): \(problem)")
            }
        }
    }
}
