import Broker
@_spi(Simulation) import Delivery
import Testing

/// A step of a commit batch that fails, and how.
struct StepFailure: Sendable, CustomTestStringConvertible {
    var step: String
    var error: BrokerError

    var testDescription: String { "\(step): \(error.move) \(error.code.rawValue)" }

    /// The steps of a commit batch, and what may come instead of the last ones.
    static let steps = ["send", "flush", "offsets", "commit", "abort"]
    /// Moves after which the outcome is not known, whatever the step.
    static let unclearMoves: [BrokerError.Move] = [
        .retry, .fenced, .fatal, .unreachable, .outOfRange, .benign,
    ]
    /// Failures after which nobody knows what became of the commit batch.
    static let unclear: [StepFailure] =
        all(steps, unclearMoves) + all(["commit", "abort"], [.abortTransaction])
    /// Failures that a person has to change something about.
    static let configuration: [StepFailure] = all(steps, [.configuration, .rejected])
    /// The calls of a commit batch that nothing befalls.
    static let straight = ["send c1", "flush", "offsets m1", "commit"]

    /// Every failure of these moves in each of the steps.
    static func all(_ steps: [String], _ moves: [BrokerError.Move]) -> [StepFailure] {
        steps.flatMap { step in moves.map { StepFailure(step: step, error: .of($0)) } }
    }

    /// Calls up to and including the step, of a commit batch whose third step an abort answers.
    var callsBefore: [String] {
        let all = Self.straight
        if step == "abort" { return all.dropLast() + ["abort"] }
        return Array(all.prefix { $0.split(separator: " ").first != Substring(step) })
            + all.filter { $0.split(separator: " ").first == Substring(step) }
    }
}

extension CommitterBench {
    /// Scripts the failure, and what leads to the step where it is an abort.
    func script(_ failure: StepFailure) {
        if failure.step == "abort" { fail("offsets", .of(.abortTransaction)) }
        fail(failure.step, failure.error)
    }
}

@Suite("A committer without rebalances")
struct CommitterTests {
    @Test(
        "a commit batch is sent, flushed, given its offsets and committed, once and in that order")
    func straight() {
        let bench = CommitterBench()
        #expect(bench.committer.isReady)
        bench.begin()
        #expect(!bench.committer.isReady && !bench.committer.isIdle)
        #expect(bench.run() == ["committed c1"])
        #expect(bench.producer.takeCalls() == StepFailure.straight)
        #expect(bench.producer.positions == [CommitterBench.position(by: "c1")])
        #expect(bench.committer.isReady)
    }

    @Test(
        "what can be aborted before the commit is aborted and sent again by the same producer",
        arguments: ["send", "flush", "offsets"])
    func abortable(step: String) {
        let bench = CommitterBench()
        let failure = StepFailure(step: step, error: .of(.abortTransaction))
        bench.script(failure)
        bench.begin()
        #expect(bench.run() == ["committed c1"])
        #expect(
            bench.producer.takeCalls() == failure.callsBefore + ["abort"] + StepFailure.straight)
    }

    @Test("after an unclear end, what is committed decides", arguments: StepFailure.unclear)
    func unclear(failure: StepFailure) {
        for (found, event) in [
            (CommitterBench.position(by: "c1"), "committed c1"),
            (CommitterBench.before, "committed c1"),
            (CommitterBench.position(by: "other", offset: 7), "stale c1"),
            // Set back by an operator, and the same offset by somebody else.
            (PartitionOffset(CommitterBench.partition, offset: 5), "stale c1"),
            (PartitionOffset(CommitterBench.partition, offset: nil), "stale c1"),
        ] {
            let bench = CommitterBench()
            bench.script(failure)
            bench.find(found)
            bench.begin()
            #expect(bench.run() == [event], "\(found)")
            let again = found == CommitterBench.before ? StepFailure.straight : []
            #expect(
                bench.producer.takeCalls() == failure.callsBefore + ["start", "read"] + again,
                "\(found)")
            #expect(bench.committer.isReady)
        }
    }

    @Test(
        "what a person has to change ends the instance in any step, and nothing more is tried",
        arguments: StepFailure.configuration)
    func configuration(failure: StepFailure) {
        let bench = CommitterBench()
        bench.script(failure)
        bench.begin()
        #expect(bench.run(steps: 12).first == "failed configuration")
        #expect(bench.producer.takeCalls() == failure.callsBefore)
    }

    @Test(
        "an identity taken over by another process ends the instance in any step",
        arguments: StepFailure.steps)
    func instanceFenced(step: String) {
        let bench = CommitterBench()
        let failure = StepFailure(
            step: step, error: .of(.abortTransaction, .fencedInstanceID))
        bench.script(failure)
        bench.begin()
        #expect(bench.run(steps: 12).first == "failed fenced")
        #expect(bench.producer.takeCalls() == failure.callsBefore)
    }

    @Test(
        "a producer that cannot be started, or read with, is started again until it can",
        arguments: ["start", "read"], [BrokerError.Move.unreachable, .retry, .fenced, .fatal])
    func restarts(step: String, move: BrokerError.Move) {
        let bench = CommitterBench()
        bench.fail("commit", .of(.unreachable))
        for _ in 0..<3 { bench.fail(step, .of(move)) }
        if step == "read" {
            // What is found is asked for after the failures.
            bench.producer.outcomes["read"]?.append(.committed([CommitterBench.before]))
        } else {
            bench.find(CommitterBench.before)
        }
        bench.begin()
        #expect(bench.run() == ["committed c1"])
        let tries = step == "start" ? ["start"] : ["start", "read"]
        #expect(
            bench.producer.takeCalls() == StepFailure.straight + tries + tries + tries + [
                "start", "read",
            ]
                + StepFailure.straight)
    }

    @Test("pauses double from 100 ms to 5 s while nothing helps, and begin anew after a commit")
    func pauses() {
        let bench = CommitterBench()
        for _ in 0..<8 { bench.fail("start", .of(.unreachable)) }
        bench.fail("commit", .of(.unreachable))
        bench.find(CommitterBench.before)
        bench.begin()
        #expect(pauses(bench) == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000])
        #expect(bench.run() == ["committed c1"])
        bench.fail("commit", .of(.unreachable))
        bench.find(CommitterBench.position(by: "c1"))
        bench.begin("c2", offset: 11)
        #expect(pauses(bench) == [100])
    }

    /// Milliseconds between a failed step and the start that follows, until one succeeds.
    private func pauses(_ bench: CommitterBench) -> [Int64] {
        var pauses: [Int64] = []
        var failedMs: Int64?
        let told = bench.notices.count
        for _ in 0..<30_000 {
            _ = bench.producer.takeCalls()
            _ = bench.run(steps: 1, everyMs: 1)
            if let begin = failedMs, bench.producer.calls == ["start"] {
                pauses.append(bench.nowMs - begin)
                failedMs = nil
            }
            if bench.notices.count - told > pauses.count, failedMs == nil {
                if case .commitFailed = bench.notices.last { failedMs = bench.nowMs }
            }
            if bench.notices.count > told, case .producerStarted = bench.notices.last { break }
        }
        return pauses
    }

    @Test("a commit over a broken connection counts, and the producer is not used again")
    func brokenCommit() {
        let bench = CommitterBench()
        bench.producer.outcomes["commit"] = [.doneOverBrokenConnection]
        bench.begin()
        #expect(bench.run(steps: 4) == ["committed c1"])
        #expect(!bench.committer.isReady, "not before it is started anew")
        #expect(bench.run().isEmpty)
        bench.begin("c2", offset: 11)
        #expect(bench.run() == ["committed c2"])
        #expect(
            bench.producer.takeCalls()
                == StepFailure.straight + ["start", "send c2", "flush", "offsets m1", "commit"])
    }

    @Test(
        "an abort over a broken connection is followed by a start before the commit batch is sent again"
    )
    func brokenAbort() {
        let bench = CommitterBench()
        bench.fail("offsets", .of(.abortTransaction))
        bench.producer.outcomes["abort"] = [.doneOverBrokenConnection]
        bench.find(CommitterBench.before)
        bench.begin()
        #expect(bench.run() == ["committed c1"])
        #expect(
            bench.producer.takeCalls()
                == ["send c1", "flush", "offsets m1", "abort", "start", "read"]
                + StepFailure.straight)
    }

    @Test("nothing happens while a step has no end")
    func silence() {
        let bench = CommitterBench()
        bench.producer.isSilent = true
        bench.begin()
        #expect(bench.run().isEmpty)
        #expect(bench.producer.takeCalls() == ["send c1"])
        #expect(!bench.committer.isIdle)
    }

    @Test("what became of a commit batch is told")
    func notices() {
        for (found, wasCommitted) in [
            (CommitterBench.position(by: "c1"), true), (CommitterBench.before, false),
        ] {
            let bench = CommitterBench()
            bench.fail("commit", .of(.unreachable, .timedOut))
            bench.find(found)
            bench.begin()
            _ = bench.run()
            let told = bench.notices.compactMap { notice -> Bool? in
                if case .outcomeResolved("c1", let wasCommitted) = notice { return wasCommitted }
                return nil
            }
            #expect(told == [wasCommitted])
            let failed = bench.notices.contains {
                if case .commitFailed("committing", let error, 1) = $0 {
                    return error.code == .timedOut
                }
                return false
            }
            #expect(failed)
        }
    }
}
