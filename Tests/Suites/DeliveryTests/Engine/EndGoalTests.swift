import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("A run that stops at the end")
struct EndGoalTests {
    private static let inputs = InstanceBench.inputs
    private static let partials = (0..<4).map { TopicPartition(.partials, Int32($0)) }

    /// Ten records in each input partition and one block in each of the shuffle.
    private func bench(committed: Int64 = 0) throws -> InstanceBench {
        let bench = try InstanceBench {
            $0.stopsAtEnd = true
            $0.memberTimeoutMs = 20_000
            $0.giveUpMs = 60_000
        }
        for id in Self.inputs { bench.site.appendGap(to: id, 10) }
        for id in Self.partials { bench.site.appendGap(to: id, 1) }
        commit(bench, Self.inputs, committed)
        return bench
    }

    private func commit(_ bench: InstanceBench, _ ids: [TopicPartition], _ offset: Int64) {
        for id in ids { bench.site.committed[id] = PartitionOffset(id, offset: offset) }
    }

    private func progress(through: Bool = true, tasks: Int = 1, ended: Int = 1) -> ShardProgress {
        var progress = ShardProgress()
        progress.isThrough = through
        progress.tasks = tasks
        progress.ended = ended
        return progress
    }

    @Test("nothing is begun before the ends are known, and later records are not waited for")
    func ends() throws {
        let bench = try bench()
        bench.ends.isSilent = true
        bench.assign(Self.inputs)
        #expect(try bench.run(ms: 3_000).isEmpty)
        for id in Self.inputs { bench.site.appendGap(to: id, 5) }
        bench.ends.isSilent = false
        var ends: [Int64?] = []
        for order in try bench.orders() {
            if case .take(let starts, _, _) = order.command { ends += starts.map(\.end) }
        }
        #expect(ends == [10, 10])
    }

    @Test("who holds everything ends once all of it is read, closed and committed")
    func alone() throws {
        let bench = try bench()
        bench.assign(Self.inputs + Self.partials)
        bench.instance.take(progress(through: false, tasks: 4, ended: 0))
        _ = try bench.run(ms: 40_000)
        bench.instance.take(progress(tasks: 4, ended: 3))
        #expect(try bench.run(ms: 1_000).isEmpty)
        bench.instance.take(progress(tasks: 4, ended: 4))
        #expect(try bench.run(ms: 100) == ["0 drain", "1 drain"])
        #expect(bench.instance.shortfall == nil)
    }

    @Test("a member that is gone keeps its partitions for a while: the run waits, takes them over")
    func gone() throws {
        let bench = try bench()
        bench.assign([Self.inputs[0], Self.partials[0]])
        bench.instance.take(progress(ended: 0))
        commit(bench, [Self.inputs[0]], 10)
        #expect(try bench.run(ms: 30_000).count == 2, "it takes them on, and no more")
        bench.assign([Self.inputs[1]] + Self.partials[1...], isIncremental: true)
        _ = try bench.run()
        bench.instance.take(progress(tasks: 4, ended: 4))
        #expect(try bench.run() == ["0 drain", "1 drain"])
        #expect(bench.instance.shortfall == nil)
    }

    @Test("where a member that is gone had read everything, its panes are still to be closed")
    func goneButRead() throws {
        let bench = try bench(committed: 10)
        commit(bench, Self.partials, 1)
        bench.assign([Self.inputs[0], Self.partials[0]])
        bench.instance.take(progress(ended: 0))
        _ = try bench.run(ms: 19_000)
        bench.assign([Self.inputs[1]] + Self.partials[1...], isIncremental: true)
        bench.instance.take(progress(tasks: 4, ended: 2))
        #expect(!(try bench.run(ms: 30_000).contains("0 drain")))
        bench.instance.take(progress(tasks: 4, ended: 4))
        #expect(try bench.run() == ["0 drain", "1 drain"])
    }

    @Test("others that go on reading are waited for, in both stages, and told of")
    func others() throws {
        let bench = try bench()
        bench.assign([Self.inputs[0], Self.partials[0]])
        bench.instance.take(progress(ended: 0))
        _ = try bench.run()
        for offset in 1...9 {
            commit(bench, Self.inputs, Int64(offset))
            #expect(try bench.run(ms: 10_000).isEmpty)
        }
        commit(bench, Self.inputs, 10)
        #expect(try bench.run(ms: 10_000).isEmpty, "the partials are not through")
        commit(bench, Self.partials, 1)
        #expect(try bench.run(ms: 4_000) == ["0 drain", "1 drain"])
        let told = bench.told { if case .endedWithOthers(let count) = $0 { count } else { nil } }
        #expect(told == [4])
        #expect(bench.instance.shortfall == nil)
    }

    @Test("where nothing moves it ends after a time, and says which partitions are missing")
    func missed() throws {
        let bench = try bench()
        bench.assign([Self.inputs[0], Self.partials[0]])
        bench.instance.take(progress(ended: 0))
        commit(bench, [Self.inputs[0]], 10)
        commit(bench, [Self.inputs[1]], 4)
        #expect(try bench.run(ms: 59_000).count == 2)
        #expect(try bench.run(ms: 5_000) == ["0 drain", "1 drain"])
        guard case .incomplete(let text)? = bench.instance.shortfall else {
            Issue.record("\(String(describing: bench.instance.shortfall))")
            return
        }
        #expect(text.contains("requests[1] at 4 of 10") && text.contains("60 s"))
        #expect(!text.contains("requests[0]"))
    }

    @Test("brokers that do not answer are no lack of progress; a missing topic ends the run")
    func troubles() throws {
        let bench = try bench()
        bench.assign([Self.inputs[0], Self.partials[0]])
        bench.instance.take(progress(ended: 0))
        _ = try bench.run()
        bench.ends.isSilent = true
        #expect(try bench.run(ms: 90_000).isEmpty)
        #expect(bench.instance.shortfall == nil)

        let other = try self.bench()
        other.ends.answers = (0..<9).map { _ in .failure(.of(.configuration)) }
        #expect(throws: EngineFailure(.of(.configuration))) { try other.run(ms: 20_000) }
    }
}
