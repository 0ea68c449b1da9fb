import Broker
import Operations
import Testing

/// What a reset does is decided without a broker.
@Suite struct ResetPlanTests {
    private func plan(
        _ state: ResetState, _ inputs: [PartitionStanding], logs: [PartitionStanding]? = nil,
        members: [String] = []
    ) -> ResetPlan {
        ResetPlan(
            inputs: inputs,
            logs: logs ?? [
                .init(
                    TopicPartition(.partials, 0), committed: 7, metadata: "c", bounds: 0...9,
                    target: 9)
            ],
            state: state, members: members, names: ["in", "shuffle"])
    }

    @Test("a move forward keeps state, clock and the place in the partials")
    func forward() {
        let plan = plan(
            .keep,
            [
                .init(
                    TopicPartition(.input, 0), committed: 20, metadata: "clock", bounds: 10...50,
                    target: 50)
            ])
        #expect(plan.refusals.isEmpty && !plan.isEmpty && plan.logs.isEmpty)
        #expect(
            plan.inputs == [
                .init(partition: TopicPartition(.input, 0), from: 20, to: 50, metadata: "clock")
            ])
        #expect(plan.inputs[0].lagChange == -30)
    }

    @Test("a move backward with kept state is refused with the reason, and names the partitions")
    func backward() throws {
        let inputs: [PartitionStanding] = [
            .init(TopicPartition(.input, 0), committed: 20, bounds: 10...50, target: 30),
            .init(TopicPartition(.input, 1), committed: 20, bounds: 10...50, target: 10),
        ]
        let kept = plan(.keep, inputs)
        let reason = try #require(kept.refusals.first)
        #expect(kept.refusals.count == 1)
        #expect(reason.contains("in[1]") && reason.contains("counted twice"))
        #expect(reason.contains("--state clear"))
        #expect(plan(.clear, inputs).refusals.isEmpty)
    }

    @Test("cleared state commits offsets without a clock, and the partials' ends")
    func clear() {
        let plan = plan(
            .clear,
            [
                .init(
                    TopicPartition(.input, 0), committed: 20, metadata: "clock", bounds: 10...50,
                    target: 10)
            ])
        #expect(
            plan.inputs == [
                .init(partition: TopicPartition(.input, 0), from: 20, to: 10, metadata: "")
            ])
        #expect(
            plan.logs == [
                .init(partition: TopicPartition(.partials, 0), from: 7, to: 9, metadata: "")
            ])
        #expect(plan.inputs[0].lagChange == 10)
    }

    @Test("records that retention took are passed over with kept state")
    func overtaken() {
        #expect(
            plan(
                .keep, [.init(TopicPartition(.input, 0), committed: 5, bounds: 10...50, target: 10)]
            ).refusals == [])
    }

    @Test("a topic made anew goes with cleared state only, since offsets begin again")
    func madeAnew() {
        let inputs = [
            PartitionStanding(TopicPartition(.input, 0), committed: 80, bounds: 0...50, target: 50)
        ]
        #expect(plan(.keep, inputs).refusals.map { $0.contains("made anew") } == [true])
        #expect(plan(.clear, inputs).refusals == [])
    }

    @Test("state is not kept where the partials it would go on from are gone")
    func partialsGone() {
        let inputs = [
            PartitionStanding(TopicPartition(.input, 0), committed: 20, bounds: 10...50, target: 50)
        ]
        for bounds: ClosedRange<Int64> in [8...9, 0...6] {
            let logs = [
                PartitionStanding(
                    TopicPartition(.partials, 3), committed: 7, bounds: bounds, target: 9)
            ]
            let kept = plan(.keep, inputs, logs: logs)
            #expect(kept.refusals.map { $0.contains("shuffle[3]") } == [true])
            #expect(plan(.clear, inputs, logs: logs).refusals == [])
        }
    }

    @Test("a partition whose offset is not known does not go with kept state, once there is some")
    func forgotten() {
        let known = PartitionStanding(
            TopicPartition(.input, 0), committed: 20, bounds: 10...50, target: 50)
        let unknown = PartitionStanding(
            TopicPartition(.input, 1), committed: nil, bounds: 0...50, target: 50)
        let begun = PartitionStanding(
            TopicPartition(.partials, 0), committed: nil, bounds: 0...9, target: 9)
        let input = plan(.keep, [known, unknown]).refusals
        #expect(input.count == 1 && input[0].contains("in[1]"), "\(input)")
        #expect(input[0].contains("on_missing_offset") && input[0].contains("--state clear"))
        #expect(plan(.keep, [known, unknown], logs: [begun]).refusals == [])
        #expect(plan(.clear, [known, unknown]).refusals == [])
    }

    @Test("nothing is reset while somebody is in the group, whatever the move")
    func members() {
        for state in ResetState.allCases {
            let busy = plan(
                state,
                [.init(TopicPartition(.input, 0), committed: 20, bounds: 10...50, target: 50)],
                members: ["one at h1", "two at h2"])
            #expect(busy.refusals.count == 1 && busy.refusals[0].contains("one at h1, two at h2"))
        }
    }

    @Test("a group that stands there already has nothing to do, unless state is to be cleared")
    func nothing() {
        let inputs = [
            PartitionStanding(TopicPartition(.input, 0), committed: 50, bounds: 10...50, target: 50)
        ]
        #expect(plan(.keep, inputs).isEmpty && !plan(.clear, inputs).isEmpty)
    }
}
