import Broker
@_spi(Simulation) import Delivery
import Testing

/// Where a partition that keeps 10 to 20 is begun.
struct StartCase: Sendable, CustomTestStringConvertible {
    var committed: Int64?
    var topic = Topic.input
    var policy = StartPolicy.earliest
    /// Where it begins; nil where the instance ends instead.
    var start: Int64?
    /// The same where loss is accepted.
    var accepted: Int64
    var isRestart = false

    var testDescription: String {
        "\(topic), committed \(committed.map { "\($0)" } ?? "nothing"), \(policy)"
    }

    static let all = [
        StartCase(committed: nil, start: 10, accepted: 10, isRestart: true),
        StartCase(committed: nil, policy: .latest, start: 20, accepted: 20, isRestart: true),
        StartCase(committed: nil, topic: .partials, policy: .latest, start: 10, accepted: 10),
        StartCase(committed: 10, start: 10, accepted: 10),
        StartCase(committed: 15, policy: .latest, start: 15, accepted: 15),
        StartCase(committed: 20, start: 20, accepted: 20),
        StartCase(committed: 9, start: nil, accepted: 10),
        StartCase(committed: 0, topic: .partials, start: nil, accepted: 10),
        StartCase(committed: 21, start: nil, accepted: 10, isRestart: true),
        StartCase(committed: 900, topic: .partials, start: nil, accepted: 10, isRestart: true),
    ]
}

@Suite("Where a partition begins")
struct StartRuleTests {
    private func bench(
        _ test: StartCase, _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> (bench: InstanceBench, id: TopicPartition) {
        let bench = try InstanceBench {
            $0.onMissingOffset = test.policy
            change(&$0)
        }
        let id = TopicPartition(test.topic, 0)
        bench.site.low[id] = 10
        bench.site.appendGap(to: id, 10)
        bench.site.committed[id] = PartitionOffset(id, offset: test.committed, metadata: "note")
        bench.assign([id])
        return (bench, id)
    }

    private func start(_ bench: InstanceBench) throws -> TaskStart? {
        for order in try bench.orders() {
            if case .take(let starts, _, _) = order.command, let start = starts.first {
                return start
            }
        }
        return nil
    }

    @Test(
        "the committed offset where its records are kept, else what the settings say",
        arguments: StartCase.all)
    func stops(test: StartCase) throws {
        let (bench, _) = try bench(test)
        if let expected = test.start {
            let start = try #require(try start(bench))
            #expect(start.start == expected && start.isRestart == test.isRestart)
            #expect(start.committed.metadata == "note")
            #expect(bench.group.positions.map(\.offset) == [expected])
            return
        }
        let failure = #expect(throws: EngineFailure.self) { _ = try bench.run() }
        guard case .dataLoss(let text)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        let name = test.topic == .input ? "requests[0]" : "shuffle[0]"
        let reason = test.isRestart ? "made anew" : "deleted before they were read"
        for part in [
            name, "offset \(test.committed ?? -1)", "10 to 20", reason, "data_loss: accept",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test(
        "where loss is accepted it goes on with what is kept, and says so", arguments: StartCase.all
    )
    func accepts(test: StartCase) throws {
        let (bench, id) = try bench(test) { $0.dataLoss = .accept }
        let start = try #require(try start(bench))
        #expect(start.start == test.accepted && start.isRestart == test.isRestart)
        let told = bench.told { notice -> [Int64]? in
            if case .dataLossAccepted(id, let committed, let start) = notice {
                [committed, start]
            } else {
                nil
            }
        }
        #expect(told == (test.start == nil ? [[test.committed ?? -1, test.accepted]] : []))
    }

    @Test("only the input ends at the end seen at the start", arguments: [Topic.input, .partials])
    func end(topic: Topic) throws {
        let test = StartCase(committed: 12, topic: topic, start: 12, accepted: 12)
        let (bench, _) = try bench(test) { $0.stopsAtEnd = true }
        #expect(try start(bench)?.end == (topic == .input ? 20 : nil))
        let (other, _) = try self.bench(test)
        #expect(try start(other)?.end == nil)
    }
}
