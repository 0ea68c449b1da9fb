import Broker
import Campaigns
import ClusterSimulation
import Delivery
import Snapshots
import Topology

/// Makes a shard's ports to the simulated cluster, with liars in between where a bug is planted.
struct PortMaker {
    let process: SimProcess
    let group: SimGroup
    let client: ClientSettings
    let thread: SimThread
    let plot: Conspiracy

    /// Ports of the shard called `name`.
    func makePorts(name: String, _ disk: SimDisk?, _ stages: [StageRow]) -> ShardPorts {
        let identity = plot.tells(.doesNotFence) ? "\(name)-\(process.id)" : name
        let producer = SimProducer(
            process, mode: .exactlyOnce(transactionalID: identity), settings: client,
            thread: thread)
        let state: any StatePort =
            disk.map { SimDirectory(process, disk: $0, thread: thread) }
            ?? SimState(process, settings: client, thread: thread)
        let ports = ShardPorts(
            input: group.makeLog(thread: thread), tasks: group.makeLog(thread: thread),
            producer: producer, state: state,
            history: SimHistory(process, settings: client, thread: thread),
            lookup: group.makeLookup(thread: thread))
        guard !plot.lies.isEmpty else { return ports }
        return ShardPorts(
            input: LyingLog(ports.input, plot), tasks: ports.tasks,
            producer: LyingProducer(producer, group, plot),
            state: LyingState(state, plot, stages), history: LyingHistory(ports.history, plot),
            lookup: plot.tells(.isAlwaysAtTheEnd) ? LyingLookup(ports.lookup) : ports.lookup)
    }
}

extension Conspiracy {
    /// Settings under which tasks lie, where a bug is planted.
    func forge(_ settings: EngineSettings, _ campaigns: CampaignScene?) -> EngineSettings {
        guard !lies.isEmpty else { return settings }
        var forged = settings
        forged.stages = settings.stages.map { row in
            let row = row.stage == .campaign ? forgedRow(campaigns) ?? row : row
            return StageRow(
                row.stage, log: row.log, partitions: row.partitions, keepsState: row.keepsState
            ) { settings, plan, partition in
                LyingTask(
                    self.forge(row.makeTask(settings, plan, partition)),
                    log: TopicPartition(row.log, Int32(partition)), self)
            }
        }
        return forged
    }

    /// CAMPAIGN with other settings, where that is the bug.
    private func forgedRow(_ campaigns: CampaignScene?) -> StageRow? {
        guard var pipeline = campaigns?.pipeline else { return nil }
        if tells(.mergesAtOnce) { pipeline.settings.mergeTicks = 1 }
        if tells(.splitsAtOnce) { pipeline.settings.splitMs = 0 }
        return .campaign(pipeline)
    }

    private func forge(_ task: any StatefulTask) -> any StatefulTask {
        var task = task
        if task.id.stage == .campaign, !lies.isDisjoint(with: .ofCampaigns) {
            task = LyingCampaign(task, lies)
        }
        let isForged = lies.contains(.forgetsLeads) == (task.id.stage == .entity)
        if isForged, !lies.isDisjoint(with: .forgeries) { task = ForgingTask(task, lies) }
        return task
    }
}
