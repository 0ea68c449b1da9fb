import Kafka

/// Judges the consumer group: who is in it, and whether what it is to read next is still there.
public enum GroupChecks {
    /// Judges who is in it.
    public static func judge(_ group: GroupDescription) -> CheckResult {
        let subject = "group '\(group.name)'"
        guard group.isActive else {
            return CheckResult(.ok, subject, "nobody is in it (\(group.state))")
        }
        let members = group.members.map(Resetter.describe).joined(separator: ", ")
        let text = "\(group.state), \(counted(group.members.count, "member")): \(members)"
        if group.state != "Stable" {
            return CheckResult(
                .warn, subject, text, remedy: "it is being rebalanced; look again in a minute")
        }
        if group.assignor != "range" {
            return CheckResult(
                .warn, subject, "\(text), sharing by '\(group.assignor)'",
                remedy:
                    "partitions are meant to be shared out by range: is another program in the group?"
            )
        }
        return CheckResult(.ok, subject, text)
    }

    /// Judges where it stands in a topic.
    ///
    /// - Parameters:
    ///   - acceptsLoss: whether reading goes on where records are gone.
    ///   - hasBegun: whether the group should stand somewhere in it by now.
    public static func judge(
        topic: String, _ standings: [PartitionStanding], acceptsLoss: Bool, hasBegun: Bool = false
    ) -> CheckResult {
        let subject = "offsets in '\(topic)'"
        let committed = standings.filter { $0.committed != nil }
        let gone = committed.filter { !$0.isWithinBounds }
        if !gone.isEmpty {
            let numbers = gone.prefix(8).map { String($0.partition.number) }.joined(separator: ", ")
            return CheckResult(
                acceptsLoss ? .warn : .problem, subject,
                "the records at the committed offset are gone in partitions \(numbers): deleted before they were "
                    + "read, or the topic was made anew",
                remedy: acceptsLoss
                    ? "data_loss=accept goes on with what is kept"
                    : "'stillwatch reset' moves the group, data_loss=accept goes on with what is kept"
            )
        }
        if committed.isEmpty, hasBegun, !acceptsLoss {
            return CheckResult(
                .warn, subject,
                "none committed, though the group has read its input: where it has snapshots, 'run' does not "
                    + "start, since the topic was made anew",
                remedy: "'stillwatch reset --state clear', or data_loss=accept")
        }
        if committed.isEmpty { return CheckResult(.ok, subject, "none committed yet") }
        let lag = committed.reduce(0) { $0 + $1.bounds.upperBound - ($1.committed ?? 0) }
        return CheckResult(
            .ok, subject,
            "committed in \(committed.count) of \(counted(standings.count, "partition")), \(counted(lag, "record")) behind"
        )
    }
}
