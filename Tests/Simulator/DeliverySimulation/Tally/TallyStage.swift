import Broker
import Snapshots
import Topology

extension Topic {
    /// What ENTITY tasks tell the tally; topics of the simulation alone.
    static let tally = Topic(8)
    /// What the tally puts out.
    static let tallies = Topic(9)
}

extension Stage {
    static let tally = Stage(99, "tally")
}

extension StageRow {
    /// Both stages: an ENTITY whose tasks tell the tally, and the tally.
    static let withTally = [
        StageRow(.entity, log: .partials, partitions: \.partitions) {
            TellingEntity(
                EntityTaskRunner($0, plan: $1, partition: $2), sources: $0.partitions)
        },
        StageRow(.tally, log: .tally, partitions: { _ in 1 }) { settings, _, partition in
            TallyTask(
                TaskID(
                    application: settings.application, stage: .tally, partition: Int32(partition)))
        },
    ]
}
