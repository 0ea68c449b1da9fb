import Detection
import Primitives
import TestSupport
import Testing
import Topology

@Suite("Evidence for campaigns")
struct EvidenceTests {
    /// Events of accounts that share cards, over two days, in three sources.
    private struct World {
        static let start: Int64 = 1_780_000_000_000 / 60_000 * 60_000
        var sources: [[TestEvent]] = [[], [], []]

        /// - Parameter turns: whether the cards are used one after the other, some hours each, and not all the time.
        /// - Parameter step: up to so long an event comes after the one before.
        init(seed: UInt64, turns: Bool = false, step: Int64 = 80_000) {
            var random = TestRandom(seed: seed)
            var time = Self.start
            for i in 0..<4000 {
                time += .random(in: 0...step, using: &random)
                let turn = Int(time / 14_400_000 % 8)
                let card = turns ? turn : Int.random(in: 0..<8, using: &random)
                let account = card * 100 + Int.random(in: 0..<(card + 2), using: &random)
                var event = TestEvent(time, account: "a\(account)", ["payment": "p\(card)"])
                event.outputTokens = UInt32(i % 7)
                sources[i % 3].append(event)
            }
        }
    }

    /// What all tasks told, by tick and in a canonical order, and the blocks as they came.
    private struct Told {
        var leads: [Lead] = []
        var edges: [(through: EventTime, edge: Edge)] = []
        var lines: [String] = []
        var headers: [EvidenceBlock.Header] = []
        var findings: [Finding] = []

        init(
            _ world: World, partitions: Int, maxBatch: Int, grouped: Bool = true,
            alert: Bool = true,
            limit: Int = 1000, taskLimit: Int = 1000, seed: UInt64
        ) throws {
            let rules = try TestRules.set([
                TestRules.text(
                    "lead.payment", when: "accounts(6h) >= 3",
                    ["kinds: [payment]", "campaign: { group: identity, weight: 2 }", "for: 0s"]
                        + (alert ? [] : ["alert: false"]))
            ])
            var evidence = EvidencePlan()
            evidence.isGrouped = grouped
            evidence.leadEdges = limit
            evidence.taskEdges = taskLimit
            let plan = TopologyPlan(
                rules: rules, timing: .init(latenessMs: 200_000), partitions: partitions,
                evidence: evidence)
            for partition in 0..<partitions {
                let log = try PartitionLog(
                    plan, sources: world.sources, partition: partition, maxBatch: maxBatch, .init(),
                    seed: seed)
                var task = EntityTask(
                    plan: plan, rules: rules, partition: partition, sampleSize: 128,
                    memoryBudget: 64 << 20)
                for record in log.records {
                    try record.block.withUnsafeBytes {
                        try task.receive($0, offset: record.offset)
                    }
                    task.advance(&findings)
                    try take(&task)
                }
            }
            lines.sort()
            findings.sort { ($0.time, $0.uid, $0.sequence) < ($1.time, $1.uid, $1.sequence) }
        }

        private mutating func take(_ task: inout EntityTask) throws {
            var blocks: [[UInt8]] = []
            task.takeEvidence { blocks.append(Array($0)) }
            for bytes in blocks {
                try bytes.withUnsafeBytes { bytes in
                    let block = try EvidenceBlock(bytes)
                    headers.append(block.header)
                    var items: [EvidenceItem] = []
                    try block.forEach { items.append($0) }
                    for item in items {
                        switch item {
                        case .lead(let lead): leads.append(lead)
                        case .edge(let edge): edges.append((block.header.through, edge))
                        }
                        lines.append("\(block.header.through) \(item)")
                    }
                }
            }
        }
    }

    @Test("is the same whatever the batches and partitions, in what tick it is told included")
    func shapes() throws {
        for seed in 1...UInt64(8) {
            // A partition whose cards are silent hears of time alone, in jumps as large as the batches.
            let world = World(seed: seed, turns: seed % 2 == 0)
            let one = try Told(world, partitions: 1, maxBatch: 7, seed: seed)
            let other = try Told(world, partitions: 5, maxBatch: 200, seed: seed + 50)
            #expect(one.lines == other.lines && one.lines.count > 100)
            #expect(one.leads.count { $0.status == .create } >= 5)
        }
    }

    @Test("is the same however the sources interleave where edges are left out over a limit")
    func limits() throws {
        for seed in 1...UInt64(12) {
            // Many events a pane, so that its sources come in many orders.
            let world = World(seed: seed, step: 3_000)
            let (limit, taskLimit) = seed % 2 == 0 ? (5, 1000) : (1000, 25)
            let orders = try [3, 20, 200].map { maxBatch in
                try Told(
                    world, partitions: 1, maxBatch: maxBatch, limit: limit, taskLimit: taskLimit,
                    seed: seed &+ UInt64(maxBatch)
                ).lines
            }
            #expect(orders[0] == orders[1] && orders[1] == orders[2], "seed \(seed)")
            let whole = try Told(world, partitions: 1, maxBatch: 20, seed: seed).lines
            #expect(orders[0].count < whole.count && orders[0].count > 20)
        }
    }

    @Test("blocks of a task follow each other without gaps, and the last says that it is the last")
    func chain() throws {
        let told = try Told(World(seed: 3), partitions: 3, maxBatch: 40, seed: 3)
        for source in 0..<3 {
            let chain = told.headers.filter { $0.source == source }
            #expect(chain.first?.from == EventTime(ms: 0) && chain.count > 100)
            for (a, b) in zip(chain, chain.dropFirst()) {
                #expect(a.through == b.from && a.through < b.through && !a.hasEnded)
            }
            #expect(chain.last?.hasEnded == true)
            #expect(chain.allSatisfy { $0.through.ms % 60_000 == 0 && $0.sources == 3 })
        }
        #expect(told.headers.filter { $0.hasEnded }.reduce(0) { $0 + $1.accounts } == 0)
    }

    @Test(
        "every account seen with a lead while it is open is told of, with all its requests and tokens"
    )
    func complete() throws {
        let world = World(seed: 8)
        let told = try Told(world, partitions: 1, maxBatch: 25, seed: 8)
        let all = world.sources.flatMap { $0 }
        var checked = 0
        for opening in told.leads where opening.status == .create {
            let close = told.leads.first {
                $0.fingerprint == opening.fingerprint && $0.status == .close
                    && $0.start == opening.start
            }
            guard close == nil,
                told.leads.count(where: {
                    $0.fingerprint == opening.fingerprint && $0.status == .create
                })
                    == 1
            else { continue }
            let card = String(decoding: opening.subject.value, as: UTF8.self)
            let events = all.filter { $0.fingerprints["payment"] == card }
            let edges = told.edges.filter { $0.edge.fingerprint == opening.fingerprint }
            // What the window of the sample knew at the opening, and all after it.
            let after = events.filter { $0.timeMs >= opening.time.ms }
            let names = Set(edges.map { String(decoding: $0.edge.name, as: UTF8.self) })
            #expect(names.isSuperset(of: after.map(\.account)))
            #expect(names.isSubset(of: events.map(\.account)))
            for name in names {
                let own = edges.filter { String(decoding: $0.edge.name, as: UTF8.self) == name }
                let requests = own.reduce(0) { $0 + $1.edge.requests }
                let known = after.count { $0.account == name }
                // The last told day may lack what came after it: at most a day of it.
                let untold = after.count {
                    $0.account == name && $0.timeMs >= (own.last?.through.ms ?? 0)
                }
                #expect(requests + Int64(untold) >= Int64(known))
                checked += 1
            }
        }
        #expect(checked > 10)
    }

    @Test("a rule that gives no alert gives none, and grouped ones leave theirs to CAMPAIGN")
    func alerts() throws {
        let world = World(seed: 5)
        let single = try Told(world, partitions: 2, maxBatch: 25, grouped: false, seed: 5)
        let grouped = try Told(world, partitions: 2, maxBatch: 25, seed: 5)
        let silent = try Told(
            world, partitions: 2, maxBatch: 25, grouped: false, alert: false, seed: 5)
        #expect(!single.findings.isEmpty && single.findings.count == single.leads.count)
        #expect(grouped.findings.isEmpty && silent.findings.isEmpty)
        #expect(grouped.lines == single.lines)
        // A lead that gives no finding may be looked at some minutes later where nothing happens; it opens at once.
        let opened = { (told: Told) in
            told.leads.filter { $0.status == .create }.map { "\($0.time) \($0.fingerprint)" }
        }
        let first = { (told: Told) in Set(opened(told).prefix(4)) }
        #expect(first(silent) == first(single) && silent.leads.count { $0.status == .create } > 3)
    }

    @Test("a lead with too many accounts tells of an even part, and how many stand behind each")
    func limited() throws {
        let told = try Told(World(seed: 6), partitions: 1, maxBatch: 25, limit: 4, seed: 6)
        let whole = try Told(World(seed: 6), partitions: 1, maxBatch: 25, seed: 6)
        #expect(told.leads.contains { $0.accountsPerEdge > 1 })
        #expect(whole.leads.allSatisfy { $0.accountsPerEdge == 1 })
        let wholeAccounts = Set(whole.edges.map(\.edge.account))
        #expect(Set(told.edges.map(\.edge.account)).isSubset(of: wholeAccounts))
    }

    @Test("more than a record takes comes in parts, and nothing is lost between them")
    func parts() throws {
        var writer = EvidenceWriter()
        for i in 0..<30_000 {
            writer.append(
                .edge(
                    Edge(
                        fingerprint: 7, account: UInt64(i), name: Array("account \(i)".utf8),
                        firstSeen: EventTime(ms: 1), lastSeen: EventTime(ms: 2), created: nil,
                        requests: 4, tokens: 5)))
        }
        var parts: [(hasMore: Bool, items: Int)] = []
        writer.finish(
            .init(
                source: 0, sources: 1, application: 3, tickMs: 60_000, from: EventTime(ms: 0),
                through: EventTime(ms: 60_000), accounts: 4, hasEnded: false)
        ) { bytes in
            #expect(bytes.count < 800_000)
            guard let block = try? EvidenceBlock(bytes) else { return }
            var items = 0
            try? block.forEach { _ in items += 1 }
            parts.append((block.header.hasMore, items))
        }
        #expect(parts.count == 2 && parts.map(\.hasMore) == [true, false])
        #expect(parts.reduce(0) { $0 + $1.items } == 30_000 && writer.isEmpty)
    }

    @Test("damaged blocks are refused, never a trap")
    func hostile() throws {
        var writer = EvidenceWriter()
        let lead = Lead(
            fingerprint: 7, rule: "a.b", status: .create, subject: Subject(kind: "ip", value: [1]),
            start: EventTime(ms: 5), lastHeld: EventTime(ms: 5), time: EventTime(ms: 6),
            sequence: 0, accountsPerEdge: 1,
            evidence: [("n", .number(1)), ("t", .top([([65], 3)])), ("u", .undefined)])
        writer.append(.lead(lead))
        writer.append(
            .edge(
                Edge(
                    fingerprint: 7, account: 9, name: [97], firstSeen: EventTime(ms: 1),
                    lastSeen: EventTime(ms: 2), created: nil, requests: 4, tokens: 5)))
        var good: [UInt8] = []
        writer.finish(
            .init(
                source: 1, sources: 2, application: 3, tickMs: 60_000, from: EventTime(ms: 0),
                through: EventTime(ms: 60_000), accounts: 4, hasEnded: false)
        ) { good = Array($0) }
        var random = TestRandom(seed: 1)
        func read(_ bytes: [UInt8]) -> Int {
            var items = 0
            bytes.withUnsafeBytes { bytes in
                guard let block = try? EvidenceBlock(bytes) else { return }
                try? block.forEach { _ in items += 1 }
            }
            return items
        }
        #expect(read(good) == 2)
        for _ in 0..<20_000 {
            var bad = good
            let at = Int.random(in: 0..<bad.count, using: &random)
            if Bool.random(using: &random) {
                bad.removeLast(at)
            } else {
                bad[at] = .random(in: 0...255, using: &random)
            }
            #expect(read(bad) <= 2)
        }
    }
}
