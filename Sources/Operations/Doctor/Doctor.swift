import Broker
import Delivery
import Execution
import Kafka

/// Asks the cluster and the machine what the judges want to know, and reports what they make of it.
///
/// One question after the other: what cannot be asked is a result of its own, and the next is asked all the same.
public struct Doctor: ~Copyable {
    private let settings: DoctorSettings
    private let report: (CheckResult) -> Void

    private static let timeoutMs: Int32 = 10_000
    /// Topics in which brokers keep offsets and transactions, and the settings they are made by.
    private static let internalTopics = [
        ("__consumer_offsets", "offsets.topic.replication.factor"),
        ("__transaction_state", "transaction.state.log.replication.factor"),
    ]

    /// A doctor who tells each result to `report` as it comes.
    public init(_ settings: DoctorSettings, report: @escaping (CheckResult) -> Void) {
        self.settings = settings
        self.report = report
    }

    /// Checks everything.
    ///
    /// - Returns: false where no broker answers.
    public func examine() -> Bool {
        checkMachine()
        do throws(BrokerError) {
            let admin = try Admin(
                properties: settings.properties, topics: settings.names)
            let brokers = try admin.brokers(timeoutMs: Self.timeoutMs)
            checkCluster(admin, brokers)
            return true
        } catch {
            report(
                CheckResult(
                    .problem, "brokers", "\(error)",
                    remedy:
                        "check bootstrap_servers (\(settings.properties.bootstrapServers)), the "
                        + "network, and the credentials"))
            checkLibrary(hasNewBrokers: nil, electsUnclean: nil)
            return false
        }
    }

    // MARK: The machine

    private func checkMachine() {
        if let path = settings.stateDirectory {
            report(
                MachineChecks.judge(
                    directory: path, MachineChecks.DirectoryFacts(of: path),
                    memoryBudget: settings.memoryBudget))
        }
        let largest = settings.topics.map(\.largestRecord).max() ?? 0
        if settings.properties.recordBytes < largest {
            report(
                CheckResult(
                    .problem, "producer",
                    "message.max.bytes=\(settings.properties.recordBytes), and records of up to "
                        + "\(largest) bytes are written",
                    remedy:
                        "set -X message.max.bytes=\(largest + 1024), or a smaller dead_letters.max_bytes"
                ))
        }
    }

    private func checkLibrary(hasNewBrokers: Bool?, electsUnclean: Bool?) {
        let use = LibraryChecks.Use(
            usesSCRAM: settings.properties.usesSCRAM, hasNewBrokers: hasNewBrokers,
            electsUnclean: electsUnclean)
        for result in LibraryChecks.judge(Library.version, Library.knownDefects, use) {
            report(result)
        }
    }

    // MARK: The cluster

    private func checkCluster(_ admin: borrowing Admin, _ brokers: [BrokerAddress]) {
        let brokers = brokers.sorted { $0.id < $1.id }.map { facts(of: $0, admin) }
        checkInternals(admin, brokers)
        let topics = settings.topics.map { facts(of: $0.name, admin) }
        let elections = topics.compactMap { $0?.properties["unclean.leader.election.enable"] }
        checkLibrary(
            hasNewBrokers: Self.hasNew(brokers),
            electsUnclean: elections.isEmpty ? nil : elections.contains("true"))
        let input = zip(settings.topics, topics).first { $0.0.topic == .input }?.1
        let context = TopicContext(
            brokers: brokers.count, batchBytes: settings.properties.batchBytes,
            replayMs: settings.replayMs, inputRetentionMs: input?.number("retention.ms"),
            futureSkewMs: settings.futureSkewMs,
            missesTruncation: Library.knownDefects.contains { $0.name == "log-truncation" })
        for (spec, facts) in zip(settings.topics, topics) {
            guard let facts else { continue }
            for result in TopicChecks.judge(spec, facts, in: context) { report(result) }
        }
        checkGroup(admin, topics)
        checkClock(admin, topics)
    }

    /// What a broker says of itself, judged; nothing where it does not answer.
    private func facts(of broker: BrokerAddress, _ admin: borrowing Admin) -> BrokerFacts {
        var facts = BrokerFacts(broker: broker, properties: [:])
        do throws(BrokerError) {
            facts.properties = try admin.properties(ofBroker: broker.id, timeoutMs: Self.timeoutMs)
        } catch {
            guard error.move == .configuration else {
                report(
                    CheckResult(
                        .problem, "broker \(broker.id)",
                        "at \(broker.host):\(broker.port), does not answer: \(error.text)",
                        remedy: "bring it back, or check the way to it"))
                return facts
            }
        }
        for result in BrokerChecks.judge(facts, settings.limits) { report(result) }
        return facts
    }

    private static func hasNew(_ brokers: [BrokerFacts]) -> Bool? {
        let releases = brokers.map(\.release)
        if releases.contains(.atLeast4) { return true }
        return releases.contains(.unknown) ? nil : false
    }

    private func checkInternals(_ admin: borrowing Admin, _ brokers: [BrokerFacts]) {
        for (name, setting) in Self.internalTopics {
            if setting.hasPrefix("transaction"), !settings.isTransactional { continue }
            guard let facts = facts(of: name, admin) else { continue }
            report(
                BrokerChecks.judge(
                    internalTopic: name, facts, setting: setting, brokers: brokers))
        }
    }

    /// What the cluster says of a topic; nil, and told, where it does not answer.
    private func facts(of name: String, _ admin: borrowing Admin) -> TopicFacts? {
        do throws(BrokerError) {
            guard try admin.partitionCount(of: name) != nil else {
                return TopicFacts(partitions: nil)
            }
            var facts = TopicFacts(partitions: try admin.describe(name).partitions)
            do throws(BrokerError) {
                facts.properties = try admin.properties(ofTopic: name)
            } catch {
                guard error.move == .configuration else { throw error }
            }
            return facts
        } catch {
            report(unanswered("topic '\(name)'", error))
            return nil
        }
    }

    private func unanswered(_ subject: String, _ error: BrokerError) -> CheckResult {
        CheckResult(.problem, subject, "cannot be checked: \(error)")
    }

    // MARK: The group and the clock

    /// The topics the group reads.
    private var readTopics: [Topic] {
        [.input] + settings.topics.map(\.topic).filter(\.isLog)
    }

    /// The partitions of a topic that is there.
    private func partitions(_ topic: Topic, _ facts: [TopicFacts?]) -> [TopicPartition] {
        (self.facts(topic, facts)?.partitions ?? []).map { TopicPartition(topic, $0.id) }
    }

    private func facts(_ topic: Topic, _ facts: [TopicFacts?]) -> TopicFacts? {
        settings.topics.firstIndex { $0.topic == topic }.flatMap { facts[$0] }
    }

    private func checkGroup(_ admin: borrowing Admin, _ facts: [TopicFacts?]) {
        let committed: [PartitionOffset]
        do throws(BrokerError) {
            report(GroupChecks.judge(try admin.describe(group: settings.group)))
            committed = try admin.committed(
                readTopics.flatMap { self.partitions($0, facts) }, group: settings.group)
        } catch {
            return report(unanswered("group '\(settings.group)'", error))
        }
        var hasBegun = false
        for topic in readTopics {
            let partitions = partitions(topic, facts)
            guard !partitions.isEmpty, let spec = settings.spec(topic) else { continue }
            do throws(BrokerError) {
                let marks = try admin.watermarks(partitions)
                let standings = partitions.map {
                    PartitionStanding($0, committed, marks, target: marks[$0]?.high ?? 0)
                }
                report(
                    GroupChecks.judge(
                        topic: spec.name, standings, acceptsLoss: settings.acceptsLoss,
                        hasBegun: hasBegun && !spec.isOptional))
                hasBegun = standings.contains(where: \.wasRead)
            } catch {
                report(unanswered("offsets in '\(spec.name)'", error))
            }
        }
    }

    private func checkClock(_ admin: borrowing Admin, _ facts: [TopicFacts?]) {
        for topic in readTopics {
            let partitions = partitions(topic, facts)
            guard !partitions.isEmpty, let spec = settings.spec(topic) else { continue }
            do throws(BrokerError) {
                let marks = try admin.watermarks(partitions)
                let ahead = try admin.offsets(
                    at: MachineClock.wallMs() + MachineChecks.clockToleranceMs, of: partitions)
                let stamp = self.facts(topic, facts)?.properties["message.timestamp.type"]
                report(
                    MachineChecks.judgeClock(
                        topic: spec.name,
                        partitionsAhead: partitions.filter {
                            ahead[$0] ?? .max < marks[$0]?.high ?? 0
                        }.map(\.number),
                        isBrokerTime: stamp == "LogAppendTime"))
            } catch {
                report(unanswered("clock", error))
            }
        }
    }
}
