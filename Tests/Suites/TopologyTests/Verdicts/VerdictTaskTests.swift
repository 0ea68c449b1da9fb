import Broker
import Detection
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

@Suite("Verdicts in ENTITY")
struct VerdictTaskTests {
    private static let start: Int64 = 1_780_000_000_000 / 60_000 * 60_000

    private static func rules() throws -> RuleSet {
        try TestRules.set([
            TestRules.text(
                "test.card", when: "accounts(1h) >= 3",
                ["kinds: [payment]", "keep_firing_for: 1m", "suppress: { cooldown: 0s }"]),
            TestRules.text(
                "test.known", when: "reputation() >= 1 && requests(1h) >= 1",
                ["kinds: [payment]", "keep_firing_for: 1m", "evidence: [reputation()]"]),
            TestRules.text(
                "test.account", entity: "account", when: "requests(1h) >= 5",
                ["keep_firing_for: 1m"]),
        ])
    }

    /// A card of five accounts, an event a minute for three hours.
    private static let events = (0..<180).map { i in
        TestEvent(start + Int64(i) * 60_000, account: "a\(i % 5)", ["payment": "p"])
    }

    private static func block(
        _ subject: String, _ word: VerdictWord, minute: Int64, until: Int64, offset: Int64 = 0
    ) throws -> [UInt8] {
        let record = VerdictRecord(
            time: EventTime(ms: start + minute * 60_000),
            subject: try #require(Subject(entity: subject)), word: word,
            until: EventTime(ms: start + until * 60_000))
        var buffer = ByteBuffer()
        VerdictBlock(record, offset: offset).encode(into: &buffer, application: 0)
        return buffer.array()
    }

    /// What is found, as `rule status minute`, where the blocks come after some records of the log.
    private static func run(
        _ blocks: [[UInt8]], after: Int = 0
    ) throws -> (lines: [String], counters: Counters) {
        let rules = try rules()
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
        let log = try PartitionLog(
            plan, sources: [events], partition: 0, maxBatch: 3, .init(), seed: 1)
        let task = TaskBox(
            EntityTask(
                plan: plan, rules: rules, partition: 0, sampleSize: 64, memoryBudget: 64 << 20))
        for (i, record) in log.records.enumerated() {
            if i == after { for block in blocks { task.receive(block) } }
            task.receive(record.block)
            task.advance()
        }
        #expect(task.errors.isEmpty)
        let lines = task.findings.map { finding in
            let value = String(decoding: finding.entityValue, as: UTF8.self)
            return
                "\(finding.rule.id) \(value) \(finding.status) \((finding.time.ms - start) / 60_000)"
        }
        return (lines, task.task.counters)
    }

    @Test("benign ends what is found of a fingerprint, and it is found again when that is over")
    func benign() throws {
        let without = try Self.run([])
        #expect(without.lines.contains("test.card p create 2"))
        #expect(!without.lines.contains { $0.hasPrefix("test.card p close") })
        let block = try Self.block("payment:p", .benign, minute: 30, until: 90)
        let with = try Self.run([block])
        let card = with.lines.filter { $0.hasPrefix("test.card p") && !$0.contains("update") }
        #expect(
            card == ["test.card p create 2", "test.card p close 31", "test.card p create 90"],
            "\(card)")
        // Nobody else is touched.
        let others = { (lines: [String]) in lines.filter { !$0.hasPrefix("test.card") } }
        #expect(others(with.lines) == others(without.lines))
        // When it comes does not matter while its time has not come.
        #expect(try Self.run([block], after: 8).lines == with.lines)
        #expect(with.counters.verdictsLate == 0)
    }

    @Test("a verdict that comes late holds from the first open pane on, and is counted")
    func late() throws {
        let block = try Self.block("account:a1", .benign, minute: 2, until: 500)
        let late = try Self.run([block], after: 30)
        #expect(late.counters.verdictsLate == 1)
        let own = late.lines.filter { $0.hasPrefix("test.account a1") }
        #expect(own.first?.contains("create") == true && own.last?.contains("close") == true)
        let onTime = try Self.run([block]).lines.filter { $0.hasPrefix("test.account a1") }
        #expect(onTime.isEmpty)
    }

    @Test(
        "reputation is 1 while a confirmation holds, and a contradiction is decided by time and place"
    )
    func reputation() throws {
        let confirmed = try Self.block("payment:p", .confirmed, minute: 30, until: 60)
        let known = { (lines: [String]) in
            lines.filter { $0.hasPrefix("test.known") && !$0.contains("update") }
        }
        let found = known(try Self.run([confirmed]).lines)
        #expect(found == ["test.known p create 30", "test.known p close 60"], "\(found)")
        #expect(known(try Self.run([]).lines).isEmpty)
        // Said at the same time and later in the topic, in either order of arrival.
        let benign = try Self.block("payment:p", .benign, minute: 30, until: 60, offset: 1)
        #expect(known(try Self.run([confirmed, benign]).lines).isEmpty)
        #expect(known(try Self.run([benign, confirmed]).lines).isEmpty)
    }
}

@Suite("The task of the verdicts topic")
struct VerdictTaskRunnerTests {
    private final class Sink: TaskOutputs {
        var blocks: [(place: TopicPartition, bytes: [UInt8])] = []
        var refused: [String] = []

        func put(_ finding: Finding) { Issue.record("no finding is expected") }
        func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
            blocks.append((partition, value.map { Array($0) } ?? []))
        }
        func refuse(_ record: ByteSlice, offset: Int64, reason: String, advice: String) {
            refused.append("\(offset) \(reason)")
        }
    }

    private static func receive(
        _ text: String, _ offset: Int64, _ task: VerdictTaskRunner, _ sink: Sink?
    ) throws {
        try Array(text.utf8).withUnsafeBytes {
            try task.receive($0, offset: offset, outputs: sink)
        }
    }

    @Test("a verdict goes to the owner of its subject and to CAMPAIGN, and what is none is refused")
    func routes() throws {
        var settings = PipelineSettings(rules: try TestRules.set([]))
        settings.application = 9
        settings.partitions = 5
        settings.evidence = EvidencePlan()
        let task = VerdictTaskRunner(settings, partition: 0)
        let sink = Sink()
        let good = #"{"time":"2026-06-01","subject":"account:a1","verdict":"banned"}"#
        try Self.receive(good, 40, task, sink)
        try Self.receive("nonsense", 41, task, sink)
        try Self.receive(good, 42, task, nil)
        let key = xxh3("a1", seed: Kind.account.seed)
        let owner = TopologyPlan.partition(of: key, of: 5)
        #expect(
            sink.blocks.map(\.place) == [
                TopicPartition(.partials, Int32(owner)), TopicPartition(.evidence, 0),
            ])
        for block in sink.blocks {
            let read = try #require(
                try VerdictTableTests.read(block.bytes, application: 9).get())
            #expect(read.key == key && read.word == .banned && read.offset == 40)
        }
        #expect(sink.refused == ["41 malformed_json"])
        #expect(task.numbers.verdictsRead == 1 && task.numbers.verdictsRefused == 1)
        #expect(task.hasEnded && task.inputs.isEmpty)
        settings.evidence = nil
        let alone = Sink()
        try Self.receive(good, 0, VerdictTaskRunner(settings, partition: 0), alone)
        #expect(alone.blocks.count == 1)
    }

    @Test("it is restored from a snapshot of nothing, and from no other")
    func snapshots() throws {
        let settings = PipelineSettings(rules: try TestRules.set([]))
        let task = VerdictTaskRunner(settings, partition: 0)
        let id = SnapshotID(incarnation: 3, sequence: 4)
        let taken = try #require(task.takeSnapshot(id, position: 7, isFull: false, leastRoll: 0))
        #expect(taken.manifest.position == 7 && task.lastSequence == 4)
        var assembler = SnapshotAssembler(task: task.id)
        for (i, page) in taken.pages.pages.enumerated() {
            let key = StateKey(task.id, .page(index: UInt32(i)), of: id)
            key.bytes.withUnsafeBytes { key in
                page.withUnsafeBytes { assembler.add(key: key, value: $0) }
            }
        }
        let record = taken.manifest.record
        record.key.bytes.withUnsafeBytes { key in
            record.value.withUnsafeBytes { assembler.add(key: key, value: $0) }
        }
        let candidate = try #require(assembler.choose(notAfter: 7).first)
        let manifest = try #require(candidate.manifest)
        let other = VerdictTaskRunner(settings, partition: 0)
        other.beginRestore(manifest)
        #expect(throws: RestoreError.corrupted) { try other.finishRestore() }
        other.beginRestore(manifest)
        for page in assembler.pages(of: manifest) { try other.load(page) }
        #expect(try other.finishRestore().isExact)
        #expect(other.lastSequence == 4)
    }
}
