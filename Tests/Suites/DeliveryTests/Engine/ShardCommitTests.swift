import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("A shard's commit batches")
struct ShardCommitTests {
    @Test("blocks, findings and both positions are committed together, batch by batch")
    func bothStages() throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        let site = bench.site
        #expect(site.committed[ShardBench.input]?.offset == 100)
        #expect(
            site.committed[ShardBench.partials]?.offset
                == site.bounds(of: ShardBench.partials).high)
        #expect(!site.alerts.isEmpty)
        #expect(bench.shard.status().counters.findings == site.alerts.count)
        #expect(bench.shard.status().counters.commits >= 2)
        #expect(bench.shard.status().counters.processed == 100)
        let batch = site.committed[ShardBench.input]?.metadata.split(separator: ";").last
        #expect(
            batch?.hasPrefix("1-0-") == true, "incarnation, shard and number name the commit batch")
    }

    @Test("a finding is keyed by its uid, and one uid goes to one partition")
    func findings() throws {
        let site = try ShardBench.settled(TestEngine.settings()).site
        for alert in site.alerts {
            let id = String(decoding: alert.key ?? [], as: UTF8.self)
            #expect(id.utf8.count == 32)
            #expect(alert.headers["ce_id"]?.hasPrefix(id) == true)
            #expect(alert.timestampMs.map { $0 > TestEngine.originMs } == true)
        }
        let places = Dictionary(grouping: site.alerts, by: \.key).values.map {
            Set($0.map(\.partition)).count
        }
        #expect(places.count > 1 && places.allSatisfy { $0 == 1 })
        #expect(Set(site.alerts.map(\.partition)).count > 1, "they are spread over partitions")
    }

    @Test(
        "shadow findings are counted, and written only where they have a topic", arguments: [0, 2])
    func shadow(partitions: Int) throws {
        var settings = try TestEngine.settings(rule: ["status: shadow"])
        settings.outputs.shadow = partitions
        let bench = try ShardBench(settings)
        var shadows = 0
        bench.producer.onCommit = { [site = bench.site] sent, positions in
            shadows += sent.count { $0.partition.topic == .shadow }
            site.apply(sent, positions)
        }
        bench.site.feed(from: 0, to: 20_000)
        try bench.take([ShardBench.input, ShardBench.partials])
        try bench.run(ms: 3_000)
        let report = bench.shard.status().counters
        #expect(report.shadowFindings > 0 && report.findings == 0)
        #expect(shadows == (partitions > 0 ? report.shadowFindings : 0))
        #expect(bench.site.alerts.isEmpty)
    }

    @Test("a record that cannot be used is a dead letter with its origin, reason and bounded bytes")
    func deadLetters() throws {
        var settings = try TestEngine.settings()
        settings.deadLetterBytes = 10
        let bench = try ShardBench(settings)
        let bad = Array("{\"time\": nonsense}".utf8)
        let second = TopicPartition(.input, 3)
        bench.site.append(to: second, bad, timestampMs: 77, gap: 5)
        try bench.take([second])
        try bench.run(ms: 1_000)
        let letter = try #require(bench.site.deadLetters.first)
        #expect(bench.site.deadLetters.count == 1)
        #expect(letter.value == Array(bad.prefix(10)))
        #expect(letter.partition == TopicPartition(.deadLetters, 1))
        let expected = [
            "stillwatch_topic": "requests", "stillwatch_partition": "3",
            "stillwatch_offset": "5", "stillwatch_reason": "malformed_json",
            "stillwatch_size": "\(bad.count)", "stillwatch_timestamp": "77",
        ]
        #expect(letter.headers == expected)
        let told = bench.told { notice -> Int64? in
            if case .deadLetter(3, let offset, _, _) = notice { offset } else { nil }
        }
        #expect(told == [5])
    }

    @Test(
        "offsets that hold nothing to read are committed as well",
        arguments: [Topic.input, .partials])
    func gaps(topic: Topic) throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        let partition = TopicPartition(topic, 0)
        let high = bench.site.bounds(of: partition).high
        bench.site.appendGap(to: partition, 3)
        try bench.run(ms: 500)
        #expect(try #require(bench.site.committed[partition]?.offset) >= high + 3)
    }

    @Test(
        "a commit batch closes with its interval, and nothing is sent while there is nothing to say"
    )
    func interval() throws {
        let bench = try ShardBench(TestEngine.settings())
        try bench.take([ShardBench.input])
        try bench.run(ms: 1_000)
        // The first tells that the partition is begun.
        #expect(bench.producer.takeCalls().count { $0.hasPrefix("send") } == 1)
        bench.site.feed(from: 0, to: 1_000)
        try bench.run(ms: 180)
        let early = bench.producer.takeCalls()
        try bench.run(ms: 200)
        #expect((early + bench.producer.takeCalls()).count { $0.hasPrefix("send") } == 1)
        try bench.run(ms: 2_000)
        // Others hear that it is read to its end.
        #expect(bench.producer.takeCalls().count { $0.hasPrefix("send") } == 1)
        try bench.run(ms: 2_000)
        #expect(bench.producer.takeCalls().isEmpty)
    }

    @Test("while a commit batch is under way the next one fills, and no second is begun")
    func oneAtATime() throws {
        let bench = try ShardBench(TestEngine.settings())
        try bench.take([ShardBench.input])
        try bench.run(ms: 500)
        _ = bench.producer.takeCalls()
        bench.producer.isSilent = true
        bench.site.feed(from: 0, to: 2_000)
        try bench.run(ms: 1_000)
        bench.site.feed(from: 2_000, to: 4_000)
        try bench.run(ms: 1_000)
        #expect(bench.producer.takeCalls().count { $0.hasPrefix("send") } == 1)
        #expect(bench.shard.status().counters.processed == 20)
    }

    @Test("nothing committed for 30 s is told, and told again later")
    func stalled() throws {
        let bench = try ShardBench(TestEngine.settings())
        try bench.take([ShardBench.input])
        try bench.run(ms: 100)
        bench.site.feed(from: 0, to: 2_000)
        bench.producer.isSilent = true
        try bench.run(ms: 95_000, everyMs: 100)
        let times = bench.told { notice -> Int64? in
            if case .commitsStalled(let ms) = notice { ms } else { nil }
        }
        #expect(times.count == 3 && times.allSatisfy { (30_000...31_000).contains($0) })
    }

    @Test(
        "a committed note is read where it can be, and another's or a later one's is passed over",
        arguments: [
            ("2;1700000010000;1700000008;1700000000;x", 1),
            ("1;1700000010000;1700000008", 1),
            ("2;-;-;-;x", 0),
            ("3;1700000010000;1700000008;1700000000;x", 0),
            ("2;1700000010000;1700000008;1700000000", 0),
            ("2;nonsense;1700000008;1700000000;x", 0),
            ("2;1700000010000;-8;1700000000;x", 0),
            ("some other program's", 0), ("", 0),
        ])
    func notes(metadata: String, late: Int) throws {
        let bench = try ShardBench(TestEngine.settings())
        bench.site.committed[ShardBench.input] = PartitionOffset(
            ShardBench.input, offset: 0, metadata: metadata)
        // Five seconds behind the clock of the note.
        bench.site.append(
            to: ShardBench.input, TestEngine.event(5_000, 1),
            timestampMs: TestEngine.originMs + 5_000)
        try bench.take([ShardBench.input])
        try bench.run(ms: 500)
        #expect(bench.shard.status().counters.processed == 1)
        #expect(bench.shard.status().counters.late == late)
    }

    @Test("a source that begins anew does not take the clock of the topic before")
    func restart() throws {
        let bench = try ShardBench(TestEngine.settings())
        bench.site.committed[ShardBench.input] = PartitionOffset(
            ShardBench.input, offset: 900, metadata: "2;1700000010000;1700000008;1700000000;x")
        bench.site.append(
            to: ShardBench.input, TestEngine.event(5_000, 1),
            timestampMs: TestEngine.originMs + 5_000)
        try bench.take([ShardBench.input], isRestart: true)
        try bench.run(ms: 500)
        #expect(bench.shard.status().counters.processed == 1)
        #expect(bench.shard.status().counters.late == 0)
    }

    @Test(
        "a shard that stops at an end reads no further, closes its panes and says that it is there")
    func end() throws {
        let bench = try ShardBench(TestEngine.settings())
        bench.site.feed(from: 0, to: 10_000)
        try bench.take([ShardBench.input, ShardBench.partials], end: 30)
        #expect(!bench.shard.isAtEnd)
        try bench.run(ms: 3_000)
        #expect(bench.shard.isAtEnd)
        #expect(bench.shard.status().counters.processed == 30)
        #expect(bench.site.committed[ShardBench.input]?.offset == 30)
    }

    @Test(
        "a block that cannot be read ends the instance, and names the place",
        arguments: [
            (Array("not a block".utf8), "another program"), ([], "another program"),
        ])
    func foreign(value: [UInt8], text: String) throws {
        let bench = try ShardBench(TestEngine.settings())
        try bench.take([ShardBench.partials])
        try bench.run(ms: 200)
        bench.site.append(to: ShardBench.partials, value, gap: 3)
        let failure = #expect(throws: EngineFailure.self) { try bench.run(ms: 500) }
        guard case .dataLoss(let message)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(message.contains("shuffle[0] at offset 3") && message.contains(text))
    }

    @Test(
        "a failure to read ends the instance or is told, by what it calls for",
        arguments: BrokerError.Move.allCases, [Topic.input, .partials])
    func readFailures(move: BrokerError.Move, topic: Topic) throws {
        let bench = try ShardBench(TestEngine.settings())
        try bench.take([ShardBench.input, ShardBench.partials])
        try bench.run(ms: 200)
        bench.site.fail(TopicPartition(topic, 0), .of(move))
        bench.site.feed(from: 0, to: 2_000)
        let passes: Set<BrokerError.Move> = [.retry, .unreachable, .benign, .abortTransaction]
        guard passes.contains(move) else {
            _ = #expect(throws: EngineFailure(.of(move))) { try bench.run(ms: 500) }
            return
        }
        try bench.run(ms: 500)
        let told = bench.told { notice -> BrokerError.Move? in
            if case .clusterTrouble(let error) = notice { error.move } else { nil }
        }
        #expect(told == [move])
        #expect(bench.shard.status().counters.processed == 10)
    }
}
