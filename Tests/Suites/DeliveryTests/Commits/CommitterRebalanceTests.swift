import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("A committer over rebalances")
struct CommitterRebalanceTests {
    /// A bench whose commit batch `c1` was refused under `m1`.
    private func refused(_ code: BrokerError.Code = .illegalGeneration) -> CommitterBench {
        let bench = CommitterBench()
        bench.fail("offsets", .of(.abortTransaction, code))
        bench.begin()
        #expect(bench.run() == ["refused c1 \(code.rawValue)"])
        #expect(bench.producer.takeCalls() == ["send c1", "flush", "offsets m1", "abort"])
        return bench
    }

    @Test(
        "a commit batch refused because the membership is over waits for another",
        arguments: [
            BrokerError.Code.illegalGeneration, .unknownMemberID, .staleMemberEpoch,
        ])
    func waits(code: BrokerError.Code) {
        let bench = refused(code)
        #expect(bench.run().isEmpty)
        #expect(bench.producer.takeCalls().isEmpty)
        #expect(!bench.committer.isReady && !bench.committer.isIdle)
    }

    @Test(
        "under another membership a refused commit batch is committed if the positions stand still")
    func stayed() {
        let bench = refused()
        bench.find(CommitterBench.before)
        bench.resume("m2")
        #expect(bench.run() == ["committed c1"])
        #expect(
            bench.producer.takeCalls() == ["read", "send c1", "flush", "offsets m2", "commit"])
    }

    @Test("a refused commit batch is dropped if others have committed meanwhile")
    func overtaken() {
        let bench = refused()
        bench.find(CommitterBench.position(by: "other", offset: 7))
        bench.resume("m2")
        #expect(bench.run() == ["stale c1"])
        #expect(bench.producer.takeCalls() == ["read"])
        #expect(bench.committer.isReady)
    }

    @Test("a commit batch refused over a broken connection is read for before it is sent again")
    func refusedOverBrokenConnection() {
        let bench = CommitterBench()
        bench.fail("offsets", .of(.abortTransaction, .illegalGeneration))
        bench.producer.outcomes["abort"] = [.doneOverBrokenConnection]
        bench.begin()
        #expect(bench.run(steps: 4) == ["refused c1 22"])
        bench.resume("m2")
        #expect(bench.run() == ["committed c1"])
        #expect(
            bench.producer.takeCalls() == [
                "send c1", "flush", "offsets m1", "abort", "start", "read", "send c1", "flush",
                "offsets m2", "commit",
            ])
    }

    @Test("the first commit batch under another membership is in doubt, the second is not")
    func doubt() {
        let bench = CommitterBench()
        bench.resume("m2")
        bench.find(CommitterBench.before)
        bench.begin("c1", "m2")
        #expect(bench.run() == ["committed c1"])
        bench.begin("c2", "m2", offset: 11)
        #expect(bench.run() == ["committed c2"])
        #expect(
            bench.producer.takeCalls() == [
                "read", "send c1", "flush", "offsets m2", "commit", "send c2", "flush",
                "offsets m2", "commit",
            ])
    }

    @Test("in doubt, a commit batch that others have overtaken is not sent at all")
    func doubtOvertaken() {
        let bench = CommitterBench()
        bench.resume("m2")
        bench.find(CommitterBench.position(by: "other"))
        bench.begin("c1", "m2")
        #expect(bench.run() == ["stale c1"])
        #expect(bench.producer.takeCalls() == ["read"])
    }

    @Test(
        "a commit batch that waits to be sent again when the membership changes is in doubt as well"
    )
    func doubtWhileWaiting() {
        let bench = CommitterBench()
        bench.fail("flush", .of(.abortTransaction))
        bench.begin()
        #expect(bench.run(steps: 3).isEmpty)
        #expect(bench.producer.takeCalls() == ["send c1", "flush", "abort"])
        bench.resume("m2")
        bench.find(CommitterBench.position(by: "other", offset: 7))
        #expect(bench.run() == ["stale c1"])
        #expect(bench.producer.takeCalls() == ["read"])
    }

    @Test(
        "a commit batch under way when the membership changes is committed under its own, or else in doubt",
        arguments: 0...2)
    func changedUnderWay(steps: Int) {
        for (found, event) in [
            (CommitterBench.before, "committed c1"),
            (CommitterBench.position(by: "other", offset: 7), "stale c1"),
        ] {
            let bench = CommitterBench()
            bench.fail("offsets", .of(.abortTransaction, .illegalGeneration))
            bench.find(found)
            bench.begin()
            _ = bench.run(steps: steps)
            bench.resume("m2")
            #expect(bench.run() == [event])
            let again = ["send c1", "flush", "offsets m2", "commit"]
            #expect(
                bench.producer.takeCalls()
                    == ["send c1", "flush", "offsets m1", "abort", "read"]
                    + (event == "stale c1" ? [] : again))
        }
    }

    @Test("what was read before the membership changed is read again")
    func changedWhileReading() {
        let bench = refused()
        bench.find(CommitterBench.before)
        bench.resume("m2")
        bench.resume("m3")
        bench.find(CommitterBench.position(by: "other", offset: 7))
        #expect(bench.run() == ["stale c1"])
        #expect(bench.producer.takeCalls() == ["read", "read"])
    }

    @Test("with nothing known to be committed there is no doubt: the partitions were just assigned")
    func noDoubtAtFirst() {
        let bench = CommitterBench()
        bench.committer.forget([CommitterBench.partition])
        bench.resume("m2")
        bench.committer.know(CommitterBench.before)
        bench.begin("c1", "m2")
        #expect(bench.run() == ["committed c1"])
        #expect(bench.producer.takeCalls() == ["send c1", "flush", "offsets m2", "commit"])
    }

    @Test(
        "a commit batch abandoned at any step is told of no more, and not committed unless it was about to be",
        arguments: 0...3)
    func abandoned(steps: Int) {
        let bench = CommitterBench()
        bench.begin()
        #expect(bench.run(steps: steps).isEmpty)
        bench.committer.abandon()
        #expect(bench.run().isEmpty)
        #expect(bench.committer.isReady)
        let under = Array(StepFailure.straight.prefix(steps + 1))
        #expect(bench.producer.takeCalls() == (steps < 3 ? under + ["abort"] : under))
        bench.committer.know(CommitterBench.position(by: "other", offset: 7))
        bench.begin("c2", "m2")
        #expect(bench.run() == ["committed c2"])
    }

    @Test(
        "what an abandoned commit batch is refused for ends nobody: it may be a membership of before",
        arguments: [
            BrokerError.of(.abortTransaction, .fencedInstanceID), .of(.rejected),
            .of(.configuration),
        ])
    func abandonedRefused(error: BrokerError) {
        let bench = CommitterBench()
        bench.fail("offsets", error)
        bench.begin()
        _ = bench.run(steps: 2)
        bench.committer.abandon()
        #expect(bench.run().isEmpty)
        bench.committer.know(CommitterBench.position(by: "other", offset: 7))
        bench.begin("c2", "m2")
        #expect(bench.run() == ["committed c2"])
    }

    @Test(
        "a producer that cannot be started behind an abandoned commit batch ends the instance all the same"
    )
    func abandonedUnstartable() {
        let bench = CommitterBench()
        bench.begin()
        bench.fail("commit", .of(.unreachable))
        _ = bench.run(steps: 4)
        bench.committer.abandon()
        bench.fail("start", .of(.configuration))
        #expect(bench.run() == ["failed configuration"])
    }

    @Test(
        "a commit batch abandoned while its outcome is not known is forgotten",
        arguments: ["start", "read", "waiting", "refused", "abort", "commit"])
    func abandonedInTrouble(place: String) {
        let bench = CommitterBench()
        switch place {
        case "waiting": bench.fail("flush", .of(.abortTransaction))
        case "refused": bench.fail("flush", .of(.abortTransaction, .illegalGeneration))
        case "abort":
            bench.fail("flush", .of(.abortTransaction))
            bench.fail("abort", .of(.unreachable))
        default: bench.fail("commit", .of(.unreachable))
        }
        bench.begin()
        let steps = ["start": 5, "read": 6, "waiting": 3, "refused": 3, "abort": 2, "commit": 4]
        _ = bench.run(steps: steps[place] ?? 0)
        bench.committer.abandon()
        #expect(bench.run().isEmpty)
        #expect(bench.committer.isReady)
        #expect(bench.producer.takeCalls().count { $0.hasPrefix("send") } == 1)
    }

    @Test("what went to others is not sent again with the rest of a commit batch")
    func forgotten() {
        let bench = CommitterBench()
        let gone = TopicPartition(.input, 1)
        bench.committer.know(PartitionOffset(gone, offset: 0))
        let batch = CommitterBench.batch("c1")
        batch.append(to: TopicPartition(.partials, 1), of: gone, value: nil)
        batch.append(PartitionOffset(gone, offset: 3, metadata: "2;-;-;-;c1"))
        bench.fail("offsets", .of(.abortTransaction, .illegalGeneration))
        bench.committer.begin(batch, under: FakeMembership())
        _ = bench.run()
        bench.committer.forget([gone])
        bench.resume("m2")
        bench.find(CommitterBench.before)
        #expect(bench.run() == ["committed c1"])
        #expect(bench.producer.sent.map(\.partition) == [TopicPartition(.partials, 0)])
        #expect(bench.producer.positions == [CommitterBench.position(by: "c1")])
    }
}
