import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("An instance in its group")
struct InstanceTests {
    private static let inputs = InstanceBench.inputs
    private static let shuffle = InstanceBench.shuffle

    @Test(
        "assigned partitions are looked up, assigned with their positions, and go to their shards")
    func assigned() throws {
        let bench = try InstanceBench()
        bench.site.committed[Self.inputs[1]] = PartitionOffset(
            Self.inputs[1], offset: 3, metadata: "note")
        bench.site.appendGap(to: Self.inputs[1], 9)
        bench.assign(Self.inputs + [Self.shuffle])
        #expect(!bench.instance.hasBegun)
        #expect(
            try bench.run() == [
                "0 take [input[0]] m1 of 2",
                "1 take [input[1], partials[1]] m1 of 2",
            ])
        #expect(bench.lookup.asked == [.start(Self.inputs + [Self.shuffle])])
        #expect(bench.group.takeCalls() == ["assign [input[0], input[1], partials[1]]"])
        #expect(bench.group.positions.map(\.offset) == [0, 3, 0])
        #expect(bench.group.positions.map(\.metadata) == ["", "note", ""])
        #expect(bench.instance.hasBegun)
        let told = bench.told { notice -> String? in
            if case .assigned(let inputs, let shuffles, let epoch) = notice {
                "\(inputs) \(shuffles) \(epoch)"
            } else {
                nil
            }
        }
        #expect(told == ["2 1 1"])
    }

    @Test("an assignment of a membership that is over begins nothing, and is answered")
    func over() throws {
        let bench = try InstanceBench()
        bench.assign(Self.inputs, FakeMembership(isValid: false))
        #expect(try bench.run().isEmpty)
        #expect(bench.group.takeCalls() == ["assign []"])
        #expect(bench.lookup.asked.isEmpty && !bench.instance.hasBegun)
    }

    @Test("partitions are given back once every shard has settled its own, and not before")
    func revoked() throws {
        let bench = try InstanceBench.assigned()
        bench.revoke(Self.inputs + [Self.shuffle])
        #expect(
            try bench.run() == ["0 release [input[0]]", "1 release [input[1], partials[1]]"])
        try bench.tell(.released([Self.inputs[0]]), from: 0)
        #expect(try bench.run().isEmpty)
        #expect(bench.group.takeCalls().isEmpty)
        try bench.tell(.released([Self.inputs[1], Self.shuffle]), from: 1)
        #expect(bench.group.takeCalls() == ["unassign [input[0], input[1], partials[1]]"])
        bench.assign([Self.inputs[0]], FakeMembership("m2"))
        #expect(
            try bench.run() == [
                "0 take [input[0]] m2 of 2", "1 take [] m2 of 2",
            ])
    }

    @Test("lost partitions are dropped without settling")
    func lost() throws {
        let bench = try InstanceBench.assigned()
        bench.revoke(Self.inputs + [Self.shuffle], isLost: true)
        #expect(
            try bench.run()
                == ["0 release [input[0]] lost", "1 release [input[1], partials[1]] lost"])
        try bench.tell(.released(Self.inputs + [Self.shuffle]), from: 0)
        let told = bench.told { notice -> Bool? in
            if case .revoked(3, let isLost) = notice { isLost } else { nil }
        }
        #expect(told == [true])
    }

    @Test(
        "of an incremental revocation only what it names goes, and every shard hears of what comes")
    func incremental() throws {
        let bench = try InstanceBench.assigned()
        bench.revoke([Self.inputs[1]], isIncremental: true)
        #expect(try bench.run() == ["1 release [input[1]]"])
        try bench.tell(.released([Self.inputs[1]]), from: 1)
        #expect(bench.group.takeCalls() == ["unassign [input[1]] more"])
        bench.assign([TopicPartition(.partials, 0)], isIncremental: true, FakeMembership("m2"))
        #expect(
            try bench.run() == [
                "0 take [partials[0]] m2 of 2", "1 take [] m2 of 2",
            ])
        #expect(bench.group.takeCalls() == ["assign [partials[0]] more"])
        bench.revoke([])
        #expect(
            try bench.run() == [
                "0 release [input[0], partials[0]]", "1 release [partials[1]]",
            ], "all that is left")
    }

    @Test(
        "an assignment without a revocation before it drops what was held, and is begun then",
        arguments: [false, true])
    func unrevoked(isReleasing: Bool) throws {
        let bench = try InstanceBench.assigned()
        let released = [
            "0 release [input[0]]", "1 release [input[1], partials[1]]",
        ]
        if isReleasing {
            bench.revoke(Self.inputs + [Self.shuffle])
            #expect(try bench.run() == released)
        }
        bench.assign(Self.inputs, FakeMembership("m2"))
        #expect(try bench.run() == (isReleasing ? [] : released.map { $0 + " lost" }))
        try bench.tell(.released([Self.inputs[0]]), from: 0)
        #expect(try bench.run().isEmpty && bench.group.takeCalls().isEmpty)
        try bench.tell(.released([Self.inputs[1], Self.shuffle]), from: 1)
        #expect(
            try bench.run() == [
                "0 take [input[0]] m2 of 2", "1 take [input[1]] m2 of 2",
            ])
        #expect(bench.group.takeCalls() == ["assign [input[0], input[1]]"])
        bench.revoke(Self.inputs)
        #expect(try bench.run().count == 2, "what is held is what was assigned last")
    }

    @Test("revoked a second time before the answer, partitions are dropped without settling")
    func revokedTwice() throws {
        let bench = try InstanceBench.assigned()
        bench.revoke(Self.inputs + [Self.shuffle])
        _ = try bench.run()
        bench.revoke(Self.inputs + [Self.shuffle])
        #expect(
            try bench.run()
                == ["0 release [input[0]] lost", "1 release [input[1], partials[1]] lost"])
        try bench.tell(.released(Self.inputs + [Self.shuffle]), from: 0)
        #expect(bench.group.takeCalls() == ["unassign [input[0], input[1], partials[1]]"])
    }

    @Test("an input made anew with fewer partitions has as many from then on")
    func madeAnewSmaller() throws {
        let bench = try InstanceBench.assigned()
        bench.revoke(Self.inputs + [Self.shuffle])
        _ = try bench.run()
        try bench.tell(.released(Self.inputs + [Self.shuffle]), from: 0)
        bench.lookup.partitions.inputs = 1
        bench.assign([Self.inputs[0]], FakeMembership("m2"))
        #expect(
            try bench.run() == [
                "0 take [input[0]] m2 of 1", "1 take [] m2 of 1",
            ])
    }

    @Test("with `latest`, a partition added while the instance runs is read whole")
    func added() throws {
        let bench = try InstanceBench { $0.onMissingOffset = .latest }
        let (old, new) = (Self.inputs[0], TopicPartition(.input, 2))
        bench.site.appendGap(to: old, 9)
        bench.site.appendGap(to: new, 5)
        bench.assign([old])
        _ = try bench.run()
        #expect(bench.group.positions.map(\.offset) == [9])
        bench.revoke([old])
        _ = try bench.run()
        try bench.tell(.released([old]), from: 0)
        bench.lookup.partitions.inputs = 3
        bench.assign([old, new], FakeMembership("m2"))
        _ = try bench.run()
        #expect(bench.group.positions.map(\.offset) == [9, 0])
    }

    @Test("a revocation of nothing is answered at once")
    func nothing() throws {
        let bench = try InstanceBench()
        bench.revoke([])
        #expect(try bench.run().isEmpty)
        #expect(bench.group.takeCalls() == ["unassign []"])
    }

    @Test(
        "brokers that do not tell where to begin are asked again after a second",
        arguments: [BrokerError.Move.retry, .unreachable, .abortTransaction, .benign])
    func asksAgain(move: BrokerError.Move) throws {
        let bench = try InstanceBench()
        bench.lookup.answers = [.failure(.of(move)), .failure(.of(move))]
        bench.assign(Self.inputs)
        #expect(try bench.run(ms: 900).isEmpty)
        #expect(bench.lookup.asked.count == 1)
        #expect(try bench.run(ms: 2_000).count == 2)
        #expect(bench.lookup.asked.count == 3)
        let attempts = bench.told { notice -> Int? in
            if case .lookupFailed(_, let attempts) = notice { attempts } else { nil }
        }
        #expect(attempts == [1, 2])
    }

    @Test("an assignment that goes while the brokers do not answer is given back")
    func revokedMeanwhile() throws {
        let bench = try InstanceBench()
        bench.lookup.answers = [.failure(.of(.unreachable))]
        bench.assign(Self.inputs)
        _ = try bench.run(ms: 100)
        bench.revoke(Self.inputs)
        #expect(try bench.run(ms: 2_000).isEmpty)
        #expect(bench.group.takeCalls() == ["unassign [input[0], input[1]]"])
        #expect(bench.lookup.asked.count == 1, "nobody asks for them any more")
    }

    @Test(
        "what does not pass by itself ends the instance, whoever says it",
        arguments: [BrokerError.Move.fatal, .fenced, .configuration, .outOfRange])
    func ends(move: BrokerError.Move) throws {
        let failure = EngineFailure(.of(move))
        let lookup = try InstanceBench()
        // A new partition may be unknown for a moment.
        let looks = move == .configuration ? 6 : 1
        lookup.lookup.answers = Array(repeating: .failure(.of(move)), count: looks)
        lookup.assign(Self.inputs)
        _ = #expect(throws: failure) { _ = try lookup.run(ms: 8_000) }
        #expect(lookup.lookup.asked.count == looks)

        let group = try InstanceBench.assigned()
        group.group.events.append(.failed(.of(move)))
        _ = #expect(throws: failure) { _ = try group.run() }

        let assign = try InstanceBench()
        assign.group.failures = [.of(move)]
        assign.assign(Self.inputs)
        _ = #expect(throws: failure) { _ = try assign.run() }

        let unassign = try InstanceBench.assigned()
        unassign.group.failures = [.of(move)]
        unassign.revoke(Self.inputs + [Self.shuffle])
        _ = try unassign.run()
        try unassign.tell(.released([Self.inputs[0]]), from: 0)
        _ = #expect(throws: failure) {
            try unassign.tell(.released([Self.inputs[1], Self.shuffle]), from: 1)
        }
    }

    @Test(
        "trouble that passes is told, and goes on",
        arguments: [BrokerError.Move.retry, .unreachable, .benign, .abortTransaction, .rejected])
    func passes(move: BrokerError.Move) throws {
        let bench = try InstanceBench.assigned()
        bench.group.events.append(.failed(.of(move)))
        #expect(try bench.run().isEmpty)
        let told = bench.told {
            if case .clusterTrouble(let error) = $0 { error.move } else { nil }
        }
        #expect(told == [move])
    }

    @Test(
        "a shuffle topic with another number of partitions ends the instance: entities live by it")
    func shuffleChanged() throws {
        let bench = try InstanceBench()
        bench.lookup.partitions.partials = 5
        bench.assign(Self.inputs)
        let failure = #expect(throws: EngineFailure.self) { _ = try bench.run() }
        #expect("\(failure.map { "\($0)" } ?? "")".contains("shuffle has 5 partitions"))
        guard case .dataLoss? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test("an input topic that grew is told, and sources are counted by its new size")
    func inputGrew() throws {
        let bench = try InstanceBench.assigned()
        bench.lookup.partitions.inputs = 3
        bench.assign([TopicPartition(.input, 2)], isIncremental: true)
        #expect(try bench.run().first == "0 take [input[2]] m1 of 3")
        let told = bench.told { if case .inputGrew(let count) = $0 { count } else { nil } }
        #expect(told == [3])
        // Brokers that have not heard of it yet do not shrink it again.
        bench.lookup.partitions.inputs = 2
        bench.assign([], isIncremental: true)
        #expect(try bench.run().first == "0 take [] m1 of 3")
    }

    @Test("asked to stop, it drains its shards, leaves the group, and has ended once it is left")
    func stops() throws {
        let bench = try InstanceBench.assigned()
        bench.instance.requestStop()
        #expect(try bench.run() == ["0 drain", "1 drain"])
        try bench.tell(.drained, from: 1)
        #expect(bench.group.takeCalls().isEmpty)
        try bench.tell(.drained, from: 0)
        #expect(bench.group.takeCalls() == ["leave"])
        bench.revoke(Self.inputs + [Self.shuffle])
        #expect(try bench.run().isEmpty)
        #expect(bench.group.takeCalls() == ["unassign [input[0], input[1], partials[1]]"])
        #expect(!bench.instance.hasEnded)
        bench.group.hasLeft = true
        _ = try bench.run()
        #expect(bench.instance.hasEnded)
    }

    @Test("a coordinator that does not answer is waited for ten seconds")
    func stopsAlone() throws {
        let bench = try InstanceBench.assigned()
        bench.instance.requestStop()
        _ = try bench.run()
        for shard in 0..<2 { try bench.tell(.drained, from: shard) }
        _ = try bench.run(ms: 9_900)
        #expect(!bench.instance.hasEnded)
        _ = try bench.run(ms: 200)
        #expect(bench.instance.hasEnded)
    }

    @Test(
        "asked to stop while partitions go, it gives them back first; while it asks, it does not wait"
    )
    func stopsInBetween() throws {
        let going = try InstanceBench.assigned()
        going.revoke(Self.inputs + [Self.shuffle])
        _ = try going.run()
        going.instance.requestStop()
        #expect(try going.run().isEmpty)
        try going.tell(.released(Self.inputs + [Self.shuffle]), from: 0)
        #expect(try going.run() == ["0 drain", "1 drain"])

        let asking = try InstanceBench()
        asking.lookup.answers = [.failure(.of(.unreachable))]
        asking.assign(Self.inputs)
        _ = try asking.run()
        asking.instance.requestStop()
        #expect(try asking.run() == ["0 drain", "1 drain"])
    }
}
