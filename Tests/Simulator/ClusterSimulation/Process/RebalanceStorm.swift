import Broker
import Delivery

/// Dynamic members that join the group, take what they are given, read nothing, and leave again.
public final class RebalanceStorm {
    private let world: World
    private let settings: ClientSettings
    private let topics: [Topic]
    private var left: Int
    private let stayMs: ClosedRange<Int64>
    private let random: RandomStream

    /// Lets `members` members come and go, one after the other, each staying for a while.
    @discardableResult
    public init(
        _ world: World, members: Int, stayMs: ClosedRange<Int64> = 200...3_000,
        topics: [Topic] = [.input, .partials],
        settings: ClientSettings = ClientSettings()
    ) {
        self.world = world
        self.settings = settings
        self.topics = topics
        self.stayMs = stayMs
        left = members
        random = world.timeline.random(.faults)
        come()
    }

    private func come() {
        guard left > 0 else { return }
        left -= 1
        let process = world.makeProcess("storm-\(left)")
        let group = SimGroup(
            process, instanceID: nil, topics: topics, settings: settings)
        var hasLeft = false
        process.makeThread("control") { _ in
            Self.answer(group)
            guard group.hasLeft, !hasLeft else { return 50 }
            hasLeft = true
            process.exit()
            return 50
        }
        process.after(ms(random.pick(stayMs))) { group.leave() }
        world.timeline.after(ms(random.pick(stayMs))) { [self] in come() }
    }

    private static func answer(_ group: SimGroup) {
        while let event = group.poll() {
            switch event {
            case .assigned(let partitions, let isIncremental, _):
                try? group.assign(
                    partitions.map { PartitionOffset($0, offset: 0) }, isIncremental: isIncremental)
            case .revoked(let partitions, let isIncremental, _, _):
                try? group.unassign(partitions, isIncremental: isIncremental)
            case .failed: break
            }
        }
    }
}
