import Detection
import Events
import Primitives
import TestSupport
import Testing
import Topology

@Suite("INGEST")
struct IngestTests {
    private static let start: Int64 = 1_780_000_000_000

    private static func run(
        _ rules: [String], _ events: [TestEvent], partitions: Int = 3, batch: Int = 50,
        gateways: [String] = []
    ) throws -> Engine {
        try Engine.run(
            try TestRules.set(rules), timing: .init(), gateways: gateways,
            .init(partitions: partitions, maxBatch: batch), sources: [events], seed: 1)
    }

    @Test("a late event leaves the finding of its closed pane unchanged and weighs from then on")
    func lateEvent() throws {
        let rule = TestRules.text(
            "sum.tokens", entity: "account", when: "requests(10m) >= 2",
            ["suppress: { update_every: 0s }", "evidence: [requests(10m)]"])
        var events = [0, 1, 45, 60].map { TestEvent(Self.start + $0 * 1000) }
        let before = try Self.run([rule], events).findings.map(NaiveOracle.line)
        events.append(TestEvent(Self.start + 2000))
        let engine = try Self.run([rule], events)
        let after = engine.findings.map(NaiveOracle.line)
        #expect(engine.ingest.late == 1)
        #expect(after[0] == before[0], "the pane of the late event was closed")
        #expect(after.last?.contains("requests(10m)=5.0") == true)
        #expect(before.last?.contains("requests(10m)=4.0") == true)
    }

    @Test("signals that are numbers are summed with their fractions and signs, and told apart")
    func signals() throws {
        let rule = TestRules.text(
            "sum.scores", entity: "account",
            when: "requests(10m) >= 6",
            [
                "suppress: { update_every: 0s }",
                "evidence: [\"sum(signals.score, 10m)\", \"ratio(signals.flag, 10m)\", "
                    + "\"distinct(signals.score, 10m)\", \"distinct(signals.flag, 10m)\"]",
            ])
        let scores = ["0.999", "-0.25", "\"0.5\"", "1e6", "0.5", "\"high\""]
        let events = scores.enumerated().map { i, score in
            var event = TestEvent(Self.start + Int64(i) * 1000)
            event.signals = [
                "score": score, "flag": i % 2 == 0 ? "true" : "false", "other": "1e99",
            ]
            return event
        }
        let engine = try Self.run([rule], events)
        let line = try #require(engine.findings.map(NaiveOracle.line).last)
        #expect(line.contains("sum(signals.score, 10m)=1000001.749"), "\(line)")
        #expect(line.contains("ratio(signals.flag, 10m)=0.5"), "\(line)")
        #expect(line.contains("distinct(signals.score, 10m)=5.0"), "\(line)")
        #expect(line.contains("distinct(signals.flag, 10m)=2.0"), "\(line)")
        #expect(engine.ingest.coverage.signals.prefix(2) == [6, 6])
        #expect(engine.ingest.coverage.fields[Int(EventField.signals.rawValue)] == 6)
    }

    @Test("what is left out is counted by field and reason, and the event counts")
    func flaws() throws {
        let rule = TestRules.text(
            "any.thing", entity: "account", when: "sum(signals.score, 10m) > 1")
        var events = [0, 1, 2].map { TestEvent(Self.start + $0 * 1000) }
        events[1].signals = ["score": "[]"]
        events[2].signals = ["score": "9e99"]
        let engine = try Self.run([rule], events)
        #expect(engine.ingest.processed == 3)
        let flaws = engine.ingest.coverage.flaws.map {
            "\($0.field.name) \($0.flaw.name) \($0.events) \($0.first.source):\($0.first.offset)"
        }
        #expect(flaws == ["signals wrong_type 1 0:1", "signals range 1 0:2"])
        #expect(engine.findings.count == 1)
    }

    @Test("accounts of a gateway keep their differences when they are long")
    func longGatewayAccounts() throws {
        let rule = TestRules.text("any.thing", entity: "account", when: "requests(10m) >= 2")
        let user = String(repeating: "é", count: 250)
        let events = ["a", "b", "a"].enumerated().map { i, end in
            var event = TestEvent(
                Self.start + Int64(i) * 1000, account: String(repeating: "g", count: 200))
            event.endUser = user + end
            return event
        }
        let engine = try Self.run([rule], events, gateways: [events[0].account])
        #expect(engine.findings.count == 1)
        #expect((480...512).contains(engine.findings.first?.entityValue.count ?? 0))
    }

    @Test(
        "a single absurd time ahead is refused; two that agree move the clock; both kept in order")
    func jumps() throws {
        let day: Int64 = 86_400_000
        func offsets(_ times: [Int64]) throws -> [[Int64]] {
            let rule = TestRules.text("any.thing", entity: "account", when: "requests(1m) >= 1")
            let engine = try Self.run(
                [rule], times.map { TestEvent(Self.start + $0) }, batch: 1)
            #expect(engine.ingest.consumed == times.count)
            #expect(engine.ingest.processed + engine.ingest.rejectedTotal == times.count)
            return [
                engine.deadLetters.filter { $0.reason == .future }.map(\.offset),
                engine.deadLetters.filter { $0.reason == .tooLate }.map(\.offset),
            ]
        }
        #expect(try offsets([0, 1, 30 * day, 2, 3]) == [[2], []])
        #expect(try offsets([30 * day, 0, 1, 2]) == [[0], []])
        #expect(try offsets([0, 1, 30 * day, 30 * day + 5, 2]) == [[], [4]])
        // A later one confirms as well: history may have gaps with single events between them.
        #expect(try offsets([0, 1, 30 * day, 60 * day, 2]) == [[3], [4]])
        // At the end of the input nothing can confirm: up to a day is believed.
        #expect(try offsets([0, 1, day]) == [[], []])
        #expect(try offsets([0, 1, day + 2]) == [[2], []])
        #expect(try offsets([40 * day]) == [[], []])
    }

    @Test("networks are derived from addresses in one spelling, and from nothing else")
    func subnets() throws {
        let expected: [(String, String?)] = [
            ("1.2.3.4", "1.2.3.0/24"), ("255.255.255.255", "255.255.255.0/24"),
            ("0.0.0.0", "0.0.0.0/24"), ("::ffff:9.8.7.6", "9.8.7.0/24"),
            ("::FFFF:0908:0706", "9.8.7.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"), ("2001:0DB8:0001::7", "2001:db8:1::/48"),
            ("2001:db8::5", "2001:db8::/48"), ("2001:db8:0:5::", "2001:db8::/48"),
            ("2001:0:5::", "2001:0:5::/48"), ("fe80::1%eth0", "fe80::/48"), ("::1", "::/48"),
            ("::", "::/48"), ("64:ff9b::1.2.3.4", "64:ff9b::/48"),
            ("1:2:3:4:5:6:7::", "1:2:3::/48"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3::/48"),
            ("...", nil), ("1.2.3", nil), ("1.2.3.", nil), (".1.2.3", nil), ("1.2.3.4.5", nil),
            ("1.2.3.256", nil), ("01.2.3.4", nil), ("1.2.3.4 ", "1.2.3.0/24"), ("a.b.c.d", nil),
            (":", nil), (":::", nil), ("1::2::3", nil), ("12:34:56", nil),
            ("1:2:3:4:5:6:7:8:9", nil),
            ("1:2:3:4:5:6:7:8::", nil), ("12345::", nil), ("g::", nil), ("1:2:3:4:5:6:7:", nil),
            (":1:2:3:4:5:6:7", nil), ("1:2:3:4:5:6:7:1.2.3.4", nil), ("::1.2.3.4:5", nil),
            ("unknown", nil), ("%", nil), (String(repeating: "1", count: 512), nil),
        ]
        let rule = TestRules.text(
            "any.net", when: "requests(1m) >= 1", ["kinds: [subnet]"])
        for (i, (address, network)) in expected.enumerated() {
            let engine = try Self.run([rule], [TestEvent(Self.start, ["ip": address])])
            let found = engine.findings.map(\.entity)
            #expect(found == network.map { ["subnet:\($0)"] } ?? [], "\(i): \(address)")
        }
    }

    @Test("sums beyond 32 bits are whole, however events share partials")
    func largeMeasures() throws {
        let rule = TestRules.text(
            "sum.tokens", when: "requests(1m) >= 1",
            [
                "kinds: [payment]",
                "evidence: [sum(output_tokens, 1m), requests(1m), sum(latency_ms, 1m)]",
            ])
        let events = (0..<1000).map { i in
            var event = TestEvent(Self.start + Int64(i % 10), ["payment": "p"])
            event.outputTokens = i % 3 == 0 ? .max : UInt32.max - 5
            return event
        }
        for batch in [1, 1000] {
            let engine = try Self.run([rule], events, batch: batch)
            let sum = events.reduce(0.0) { $0 + Double($1.outputTokens ?? 0) }
            let line = engine.findings.map(NaiveOracle.line).first ?? ""
            #expect(
                line.contains("sum(output_tokens, 60s)=\(sum)") || line.contains("=\(sum)"),
                "\(line)")
            #expect(line.contains("requests(1m)=1000.0"))
        }
    }

    @Test("a flush of more than a block's bytes goes out in several and loses nothing")
    func manyBlocks() throws {
        let rule = TestRules.text(
            "any.account", entity: "account", when: "requests(1m) >= 1",
            ["evidence: [requests(1m), top(model, 3)]"])
        let events = (0..<30_000).map { i in
            TestEvent(
                Self.start, account: "account-\(i % 15_000)-" + String(repeating: "x", count: 80))
        }
        let engine = try Self.run([rule], events, partitions: 1, batch: 30_000)
        #expect(engine.findings.count == 15_000)
        #expect(engine.findings.allSatisfy { NaiveOracle.line($0).contains("requests(1m)=2.0") })
    }

    @Test(
        "entities of 16 dimensions and values of 512 bytes go through; more dimensions are an error"
    )
    func limits() throws {
        let kinds = [
            "payment", "device", "ip", "subnet", "asn", "user_agent", "tls_ja4", "tool_set",
        ]
        let plain = [
            "organization", "model", "operation", "access_path", "plan", "api_key", "session",
        ]
        func rule(_ dimensions: [String]) -> String {
            TestRules.text(
                "many.dimensions", when: "requests(1m) >= 1",
                [
                    "kinds: [payment]",
                    "evidence: [\(dimensions.map { "top(\($0), 3)" }.joined(separator: ", "))]",
                ])
        }
        var event = TestEvent(Self.start, account: String(repeating: "a", count: 256))
        for kind in kinds { event.fingerprints[kind] = kind + String(repeating: "é", count: 250) }
        event.model = String(repeating: "m", count: 512)
        let engine = try Self.run([rule(kinds + plain)], [event, event])
        #expect(engine.findings.count == 1)
        let evidence = try #require(engine.findings.first).evidence
        #expect(evidence.count == 15)
        guard case .top(let devices) = evidence[1].value else {
            Issue.record("no devices")
            return
        }
        #expect(devices.first?.value.count == "device".utf8.count + 500)
        #expect(devices.first?.count == 2)
        #expect(throws: RuleSetError.tooManyFeatures(.fingerprint, measures: 1, dimensions: 17)) {
            _ = try TestRules.set([rule(kinds + plain + ["email_domain"])])
        }
    }

    @Test(
        "decoding, folding and flushing warm events allocates nothing; closing panes, little a pane"
    )
    func allocationFree() throws {
        let rules = try TestRules.set([
            TestRules.text(
                "prints.all",
                when: "requests(1h) >= 1000000 && accounts(24h) >= 1 && evenness(1h) > 0",
                ["kinds: [payment, ip, device, subnet]"]),
            TestRules.text(
                "accounts.all", entity: "account", when: "requests(1h) >= 1000000",
                ["evidence: [distinct(ip, 24h), sum(output_tokens, 1m), top(model, 3)]"]),
        ])
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 2)
        var decoder = try EventDecoder(tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
        var ingest = IngestTask(plan: plan, source: 0, sources: 1)
        let tasks = (0..<2).map {
            TaskBox(
                EntityTask(
                    plan: plan, rules: rules, partition: $0, sampleSize: 64, memoryBudget: 16 << 20)
            )
        }
        // 60 panes of 200 events over and over: the second hour is like the first.
        let lines = (0..<60_000).map { i in
            var event = TestEvent(
                Self.start + Int64(i) * 50, account: "a\(i % 50)",
                ["payment": "p\(i % 10)", "ip": "10.0.0.\(i % 30)", "device": "d\(i % 50)"])
            event.model = "m\(i % 3)"
            event.outputTokens = 10
            return event.json
        }
        var ingested: UInt64? = 0
        var folded: UInt64? = 0
        var findings: [Finding] = []
        var blocks: [(Int, [UInt8])] = []
        blocks.reserveCapacity(4)
        for batch in 0..<300 {
            let counted = allocations {
                for i in batch * 200..<batch * 200 + 200 {
                    lines[i].withUnsafeBytes {
                        ingest.ingest($0, offset: Int64(i), timestampMs: nil, decoder: &decoder)
                    }
                }
                ingest.flush(through: ingest.processedOffset) { partition, block in
                    if partition < 0 { print(block.count) }
                }
            }
            if batch >= 200 { ingested = counted.flatMap { c in ingested.map { $0 + c } } }
        }
        var again = IngestTask(plan: plan, source: 0, sources: 1)
        for batch in 0..<300 {
            for i in batch * 200..<batch * 200 + 200 {
                lines[i].withUnsafeBytes {
                    again.ingest($0, offset: Int64(i), timestampMs: nil, decoder: &decoder)
                }
            }
            blocks.removeAll(keepingCapacity: true)
            again.flush(through: again.processedOffset) { blocks.append(($0, Array($1))) }
            let counted = allocations {
                for (partition, block) in blocks {
                    block.withUnsafeBytes { bytes in
                        try? tasks[partition].task.receive(bytes, offset: Int64(batch))
                    }
                    tasks[partition].task.advance(&findings)
                }
            }
            if batch >= 200 { folded = counted.flatMap { c in folded.map { $0 + c } } }
        }
        #expect(findings.isEmpty)
        if let ingested { #expect(ingested == 0) }
        // 100 panes over two tasks, 20,000 events: what remains is the list of a pane's chunks.
        if let folded { #expect(folded <= 400) }
    }
}

extension IngestTests {
    @Test(
        "dead letters behind a record set aside wait until it is settled: a restart reads both again"
    )
    func lettersBehindParked() throws {
        let rules = try TestRules.set([
            TestRules.text("all.accounts", entity: "account", when: "requests(1m) >= 1")
        ])
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
        var decoder = try EventDecoder(tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
        var task = IngestTask(plan: plan, source: 0, sources: 1)
        func ingest(_ bytes: [UInt8], _ offset: Int64) {
            bytes.withUnsafeBytes {
                task.ingest($0, offset: offset, timestampMs: nil, decoder: &decoder)
            }
        }
        let start: Int64 = 1_780_000_000_000
        ingest(TestEvent(start).json, 0)
        ingest(TestEvent(start + 1000).json, 1)
        ingest([0x7B], 2)
        #expect(task.takeDeadLetters().map(\.offset) == [2])
        ingest(TestEvent(start + 90_000_000).json, 3)
        ingest([0x7B], 4)
        #expect(task.hasPendingJump && task.processedOffset == 2)
        #expect(task.takeDeadLetters().isEmpty)
        ingest(TestEvent(start + 2000).json, 5)
        #expect(task.takeDeadLetters().map(\.offset).sorted() == [3, 4])
        // Nothing but refused records does not hold it back for ever.
        ingest(TestEvent(start + 90_000_000).json, 6)
        for offset in Int64(7)..<400 { ingest([0x7B], offset) }
        #expect(!task.hasPendingJump && task.takeDeadLetters().count == 394)
    }

    @Test("refused records keep what they had beside their values, also one that was set aside")
    func origins() throws {
        let rules = try TestRules.set([
            TestRules.text("all.accounts", entity: "account", when: "requests(1m) >= 1")
        ])
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
        var decoder = try EventDecoder(tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
        var task = IngestTask(plan: plan, source: 0, sources: 1, letterBytes: 3)
        func ingest(_ bytes: [UInt8], _ offset: Int64) {
            bytes.withUnsafeBytes {
                task.ingest($0, offset: offset, timestampMs: nil, decoder: &decoder)
            }
        }
        let start: Int64 = 1_780_000_000_000
        ingest(TestEvent(start).json, 0)
        ingest(TestEvent(start + 1000).json, 1)
        let before = task.wantsOrigins
        ingest([0x7B, 1, 2, 3, 4], 2)
        ingest(TestEvent(start + 90_000_000).json, 3)
        let asked = task.wantsOrigins
        task.noteOrigins { RecordOrigin(timestampMs: $0) }
        let after = task.wantsOrigins
        #expect(!before && asked && !after)
        // The record set aside is refused in a batch that does not hold it any more.
        ingest([0x7B], 4)
        ingest(TestEvent(start + 2000).json, 5)
        task.noteOrigins { $0 == 3 ? nil : RecordOrigin(timestampMs: $0) }
        let letters = task.takeDeadLetters().sorted { $0.offset < $1.offset }
        #expect(letters.map(\.offset) == [2, 3, 4])
        #expect(letters.map { $0.origin?.timestampMs } == [2, 3, 4])
        #expect(letters[0].bytes == [0x7B, 1, 2] && letters[0].originalSize == 5)
    }

    @Test("a partition made anew is told of with the first flush, before it has a record")
    func madeAnew() throws {
        let rules = try TestRules.set([
            TestRules.text("all.accounts", entity: "account", when: "requests(1m) >= 1")
        ])
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 3)
        var task = IngestTask(plan: plan, source: 0, sources: 1, isRestart: true)
        var told: [Int] = []
        for _ in 0..<2 { task.flush(through: -1) { partition, _ in told.append(partition) } }
        #expect(told == [0, 1, 2])
        var other = IngestTask(plan: plan, source: 0, sources: 1)
        other.flush(through: -1) { partition, _ in told.append(partition) }
        #expect(told.count == 3)
    }
}
