import Broker
import Delivery

/// Judges a topic by what the cluster says of it: one line that all is well, or a line for each fault.
public struct TopicChecks {
    private let spec: TopicSpec
    private let facts: TopicFacts
    private let context: TopicContext
    private var results: [CheckResult] = []

    private static let dayMs: Int64 = 86_400_000

    /// Judges `facts` by `spec`.
    public static func judge(
        _ spec: TopicSpec, _ facts: TopicFacts, in context: TopicContext
    ) -> [CheckResult] {
        if facts.partitions == nil, spec.isOptional { return [missing(spec)] }
        var judge = TopicChecks(spec: spec, facts: facts, context: context)
        let fault = fault(of: spec, partitions: facts.partitions?.count)
        if let fault {
            if facts.partitions == nil { return [fault] }
            judge.results.append(fault)
        }
        judge.checkLeaders()
        judge.checkReplicas()
        if facts.properties.isEmpty {
            judge.add(
                .warn, "its settings may not be seen",
                "allow DescribeConfigs on the topic to have them checked")
        } else {
            judge.checkSettings()
        }
        return judge.results.isEmpty ? [judge.result(.ok, judge.summary, "")] : judge.results
    }

    /// What to say of a topic that is not there and need not be.
    public static func missing(_ spec: TopicSpec) -> CheckResult {
        CheckResult(
            .warn, spec.key, "there is no topic '\(spec.name)': nothing is read from it",
            remedy:
                "'stillwatch topics create' creates it, and 'run' reads it from its next start on")
    }

    /// Why `run` would refuse a topic of so many partitions, or none; nil where it would not.
    public static func fault(of spec: TopicSpec, partitions: Int?) -> CheckResult? {
        guard let partitions else {
            if spec.isOptional { return nil }
            return CheckResult(
                .problem, spec.key, "there is no topic '\(spec.name)'",
                remedy: spec.topic == .input
                    ? "it is its producers' to create" : "'stillwatch topics create' creates it")
        }
        guard spec.isFixed, let wanted = spec.partitions, wanted != partitions else { return nil }
        return CheckResult(
            .problem, spec.key,
            "'\(spec.name)': has \(counted(partitions, "partition")), the configuration says \(wanted)",
            remedy: spec.topic == .partials
                ? "set partials.partitions to it, or name a new topic"
                : "name a new topic in \(spec.key), which 'stillwatch topics create' makes"
                    + (spec.topic == .state
                        ? ": snapshots are found by partition, and state is rebuilt from the partials kept"
                        : ""))
    }

    private init(spec: TopicSpec, facts: TopicFacts, context: TopicContext) {
        self.spec = spec
        self.facts = facts
        self.context = context
    }

    private func result(
        _ grade: CheckResult.Grade, _ text: String, _ remedy: String
    ) -> CheckResult {
        CheckResult(grade, spec.key, text, remedy: remedy)
    }

    private mutating func add(_ grade: CheckResult.Grade, _ text: String, _ remedy: String) {
        results.append(result(grade, "'\(spec.name)': \(text)", remedy))
    }

    private var summary: String {
        let count = facts.partitions?.count ?? 0
        var text =
            "'\(spec.name)', \(counted(count, "partition")), \(counted(facts.replicas, "replica"))"
        for name in ["cleanup.policy", "retention.ms", "message.timestamp.type"] {
            if let value = facts.properties[name] { text += ", \(name)=\(value)" }
        }
        return text
    }

    // MARK: Partitions and replicas

    private mutating func checkLeaders() {
        let leaderless = (facts.partitions ?? []).filter { $0.leader < 0 }
        if !leaderless.isEmpty {
            add(
                .problem, "no leader for \(counted(leaderless.count, "partition"))",
                "bring the brokers that keep them back")
        }
    }

    private mutating func checkReplicas() {
        let replicas = facts.replicas
        if replicas == 1, context.brokers > 1 {
            add(
                .warn,
                "one replica on \(counted(context.brokers, "broker")): a broker that is lost takes it along",
                "raise its replication with kafka-reassign-partitions")
        }
        let behind = (facts.partitions ?? []).filter { $0.inSync < $0.replicas }
        let setting = facts.number("min.insync.replicas")
        let least = Int(setting ?? 1)
        if least > replicas {
            // Newer brokers take the replicas there are for the limit; older ones refuse.
            add(
                .warn,
                "min.insync.replicas=\(least) with \(counted(replicas, "replica")): older brokers refuse "
                    + "every write, and newer ones do with a broker down",
                "set min.insync.replicas to \(max(1, replicas - 1)), or raise its replication")
            return
        }
        let stuck = behind.filter { $0.inSync < least }
        if !stuck.isEmpty {
            add(
                .problem,
                "fewer replicas in sync than \(least) in \(counted(stuck.count, "partition"))",
                "bring the missing brokers back: nothing can be written to them meanwhile")
        } else if !behind.isEmpty {
            add(
                .warn, "replicas out of sync in \(counted(behind.count, "partition"))",
                "look after brokers")
        }
        if replicas > 1, least == replicas {
            add(
                .warn,
                "min.insync.replicas=\(least) with as many replicas: one broker down stops it",
                "set min.insync.replicas to \(replicas - 1)")
        } else if replicas > 2, setting == 1 {
            add(
                .warn, "min.insync.replicas=1: what was acknowledged can be lost with one broker",
                "set min.insync.replicas to 2")
        }
    }

    // MARK: Settings

    /// Whether it is the log of a stage's tasks.
    private var isLog: Bool { spec.topic.isLog }

    private mutating func checkSettings() {
        checkSize()
        checkCleaning()
        if isLog { checkRetention() }
        checkTimestamps()
        guard facts.properties["unclean.leader.election.enable"] == "true" else { return }
        add(
            context.missesTruncation && (isLog || spec.topic == .input) ? .problem : .warn,
            "unclean leader election is on: acknowledged records can be lost"
                + (context.missesTruncation ? ", and this librdkafka does not notice" : ""),
            "set unclean.leader.election.enable=false")
    }

    private mutating func checkSize() {
        guard spec.topic != .input, let limit = facts.number("max.message.bytes") else { return }
        let remedy = "set max.message.bytes to 1048588, Kafka's default, or more"
        if limit < spec.largestRecord {
            add(
                .problem,
                "max.message.bytes=\(limit), and the engine writes records of up to "
                    + "\(spec.largestRecord) bytes: brokers would refuse them and nothing be committed",
                spec.largestRecord > 1_000_000
                    ? "set max.message.bytes to \(spec.largestRecord + 1024) or more" : remedy)
        } else if limit < context.batchBytes {
            add(
                .warn,
                "max.message.bytes=\(limit) is less than a batch, \(context.batchBytes) bytes: one that "
                    + "compresses badly is refused", remedy)
        }
    }

    private mutating func checkCleaning() {
        guard let policy = facts.properties["cleanup.policy"] else { return }
        let compacts = policy.contains("compact")
        switch spec.topic {
        case .state where !compacts:
            add(
                .problem,
                "cleanup.policy=\(policy): snapshots are deleted by age, and state with them",
                "set cleanup.policy=compact")
        case .state where policy.contains("delete"):
            add(
                .problem,
                "cleanup.policy=\(policy): pages older than retention.ms are deleted, though snapshots need them",
                "set cleanup.policy=compact")
        case .members where !compacts:
            add(
                .problem,
                "cleanup.policy=\(policy): rows of members who stay are deleted by age",
                "set cleanup.policy=compact")
        case .members where policy.contains("delete"):
            add(
                .problem,
                "cleanup.policy=\(policy): rows of members older than retention.ms are deleted",
                "set cleanup.policy=compact")
        case _ where compacts && (isLog || spec.topic == .deadLetters):
            add(
                .problem,
                "cleanup.policy=\(policy): its records have no keys, and brokers refuse them",
                "set cleanup.policy=delete")
        case .input where compacts:
            add(
                .warn,
                "cleanup.policy=\(policy): events are lost that share their key with later ones",
                "set cleanup.policy=delete, unless every event has a key of its own")
        case .alerts where compacts, .shadow where compacts:
            add(
                .warn, "cleanup.policy=\(policy): only the last state of each finding stays",
                "set cleanup.policy=delete where the history matters")
        default: break
        }
    }

    private mutating func checkRetention() {
        guard facts.properties["cleanup.policy"] != "compact" else { return }
        if let bytes = facts.number("retention.bytes"), bytes >= 0 {
            add(
                .warn, "retention.bytes=\(bytes): under load, records go before they are read",
                "remove retention.bytes")
        }
        guard let retention = facts.number("retention.ms"), retention >= 0 else { return }
        if retention < context.replayMs {
            add(
                .problem,
                "retention.ms=\(retention), and a restore reads back up to \(context.replayMs) ms: no "
                    + "snapshot could be used", "set retention.ms to 86400000, a day, or more")
        } else if retention < Self.dayMs {
            add(
                .warn,
                "retention.ms=\(retention): an outage longer than that loses partials that were not read",
                "set retention.ms to 86400000, a day, or more")
        } else if let input = context.inputRetentionMs, input < 0 || input > retention {
            add(
                .warn,
                "retention.ms=\(retention), and the input is kept for \(input < 0 ? "ever" : "\(input)"): after a "
                    + "stop longer than that, partials that were not read are gone, though their events are not",
                "set retention.ms to the input's, or to the longest stop there may be")
        }
    }

    private mutating func checkTimestamps() {
        let isAppend = facts.properties["message.timestamp.type"] == "LogAppendTime"
        switch spec.topic {
        case _ where isLog, .state, .deadLetters, .members:
            if !isAppend, facts.properties["message.timestamp.type"] != nil {
                add(
                    .warn,
                    "message.timestamp.type=CreateTime: retention goes by the engine's clocks",
                    "set message.timestamp.type=LogAppendTime")
            }
        case .alerts, .shadow:
            if isAppend {
                return add(
                    .warn, "message.timestamp.type=LogAppendTime: records lose the findings' time",
                    "set message.timestamp.type=CreateTime")
            }
            if let ahead = facts.number("message.timestamp.after.max.ms"),
                ahead < context.futureSkewMs
            {
                add(
                    .problem,
                    "message.timestamp.after.max.ms=\(ahead) is less than window.max_future_skew, "
                        + "\(context.futureSkewMs) ms: findings could be refused and nothing be committed",
                    "set it to \(context.futureSkewMs) or more")
            }
            if let behind = facts.number("message.timestamp.before.max.ms"),
                behind < 35 * Self.dayMs
            {
                add(
                    .warn,
                    "message.timestamp.before.max.ms=\(behind): findings on older events are refused, "
                        + "and nothing is committed", "remove message.timestamp.before.max.ms")
            }
        default: break
        }
    }
}
