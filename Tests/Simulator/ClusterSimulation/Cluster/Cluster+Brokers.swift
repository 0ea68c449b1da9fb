import Broker
import Delivery

/// Brokers that die and return, and leaders that move.
extension Cluster {
    /// Brokers that are up.
    public var brokersUp: Int { brokers.reduce(0) { $0 + ($1.isUp ? 1 : 0) } }

    /// Whether enough replicas are in sync to acknowledge anything.
    var hasQuorum: Bool { brokersUp >= settings.minInSync }

    private var placements: [Placement] {
        allLogs.map(\.placement) + [group.placement] + transactions.placements
    }

    /// Kills a broker: its connections break; what it led has no leader until the others notice, and what it
    /// followed acknowledges nothing until then.
    public func takeDown(broker: Int) {
        let broker = brokers[broker]
        guard broker.isUp else { return }
        timeline.note("broker \(broker.id) down")
        broker.stop { [network] in network.latencyUs() }
        let delayUs = random.pick(settings.failoverUs)
        for placement in placements {
            placement.stalledUntilUs = max(placement.stalledUntilUs, timeline.nowUs + delayUs)
            if placement.leader == broker.id { placement.move(to: nil) }
        }
        for log in allLogs where log.leader == nil { log.changed() }
        timeline.after(delayUs) { [self] in elect() }
    }

    /// Starts a broker again.
    public func bringUp(broker: Int) {
        guard !brokers[broker].isUp else { return }
        timeline.note("broker \(broker) up")
        brokers[broker].start()
        timeline.after(random.pick(settings.failoverUs) / 4) { [self] in elect() }
    }

    /// Gives everything without a leader one of the brokers that are up.
    private func elect() {
        let up = brokers.filter(\.isUp).map(\.id)
        guard !up.isEmpty else { return }
        for log in allLogs where log.leader == nil { move(log, to: random.choose(up)) }
        if group.placement.leader == nil { moveGroup(to: random.choose(up)) }
        for index in transactions.placements.indices
        where transactions.placements[index].leader == nil {
            moveTransactions(index, to: random.choose(up))
        }
    }

    /// Makes another broker lead a partition, in good order: the clients of the old one are sent away.
    public func moveLeader(of id: TopicPartition, to broker: Int) {
        guard let log = log(id), brokers[broker].isUp, log.leader != broker else { return }
        move(log, to: broker)
    }

    /// Makes another broker the coordinator of the group.
    public func moveGroupCoordinator(to broker: Int) {
        guard brokers[broker].isUp, group.placement.leader != broker else { return }
        moveGroup(to: broker)
    }

    /// Makes another broker the coordinator of the transactional ids of a partition of its log.
    public func moveTransactionCoordinator(_ index: Int, to broker: Int) {
        guard brokers[broker].isUp, transactions.placements[index].leader != broker else { return }
        moveTransactions(index, to: broker)
    }

    private func move(_ log: PartitionLog, to broker: Int?) {
        timeline.note("\(log.id) led by \(broker.map { String($0) } ?? "nobody")")
        log.placement.move(to: broker)
        log.changed()
    }

    private func moveGroup(to broker: Int?) {
        timeline.note("group coordinated by \(broker.map { String($0) } ?? "nobody")")
        group.placement.move(to: broker)
        group.placement.loadingUntilUs = timeline.nowUs + random.pick(settings.loadUs)
        group.reload()
    }

    private func moveTransactions(_ index: Int, to broker: Int?) {
        timeline.note("transactions \(index) by \(broker.map { String($0) } ?? "nobody")")
        let placement = transactions.placements[index]
        placement.move(to: broker)
        placement.loadingUntilUs = timeline.nowUs + random.pick(settings.loadUs)
        transactions.reload(index)
    }

    /// Why a broker cannot act as the coordinator of something; nil where it can.
    func refusal(_ placement: Placement, at broker: Int) -> ErrorCode? {
        if placement.leader != broker { return .notCoordinator }
        if timeline.nowUs < placement.loadingUntilUs { return .coordinatorLoading }
        return hasQuorum ? nil : .coordinatorNotAvailable
    }
}
