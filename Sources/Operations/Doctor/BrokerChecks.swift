import Kafka

/// What a broker says of itself.
public struct BrokerFacts: Equatable, Sendable {
    /// Where it is.
    public var broker: BrokerAddress
    /// Its properties; empty where they may not be seen.
    public var properties: [String: String]

    /// Facts.
    public init(broker: BrokerAddress, properties: [String: String]) {
        self.broker = broker
        self.properties = properties
    }

    /// Which Kafka it is.
    var release: BrokerRelease { BrokerRelease(properties: properties) }

    func number(_ name: String) -> Int? { properties[name].flatMap(Int.init) }
}

/// Judges brokers, and the topics in which they keep offsets and transactions.
public enum BrokerChecks {
    /// The engine's own limits, in milliseconds.
    public struct Limits: Equatable, Sendable {
        /// `transaction.timeout.ms`; nil where no transactions are used.
        public var transactionMs: Int?
        /// `session.timeout.ms`.
        public var sessionMs: Int

        /// Limits.
        public init(transactionMs: Int?, sessionMs: Int) {
            self.transactionMs = transactionMs
            self.sessionMs = sessionMs
        }
    }

    /// Judges one broker: a line that all is well, or one for each fault.
    public static func judge(_ facts: BrokerFacts, _ limits: Limits) -> [CheckResult] {
        let subject = "broker \(facts.broker.id)"
        let place = "\(facts.broker.host):\(facts.broker.port)"
        guard !facts.properties.isEmpty else {
            return [
                CheckResult(
                    .warn, subject, "at \(place), its settings may not be seen",
                    remedy: "allow DescribeConfigs on the cluster to have them checked")
            ]
        }
        var results: [CheckResult] = []
        if facts.release.isOlder(than: 2, 5) {
            results.append(
                CheckResult(
                    .problem, subject, "is Kafka \(facts.release): exactly-once needs 2.5 or newer",
                    remedy: "upgrade it, or set delivery=at_least_once"))
        }
        results += checkTimeouts(facts, limits, subject)
        if !results.isEmpty { return results }
        return [CheckResult(.ok, subject, "at \(place), Kafka \(facts.release)")]
    }

    private static func checkTimeouts(
        _ facts: BrokerFacts, _ limits: Limits, _ subject: String
    ) -> [CheckResult] {
        var results: [CheckResult] = []
        func refuse(_ property: String, _ limit: Int, _ own: String, _ ms: Int) {
            results.append(
                CheckResult(
                    .problem, subject,
                    "\(property)=\(limit), and our \(own) is \(ms): it refuses us",
                    remedy: "set it on the brokers, or change ours with -X \(own)=\(limit)"))
        }
        if let own = limits.transactionMs,
            let most = facts.number("transaction.max.timeout.ms"), most < own
        {
            refuse("transaction.max.timeout.ms", most, "transaction.timeout.ms", own)
        }
        if let least = facts.number("group.min.session.timeout.ms"), least > limits.sessionMs {
            refuse("group.min.session.timeout.ms", least, "session.timeout.ms", limits.sessionMs)
        }
        if let most = facts.number("group.max.session.timeout.ms"), most < limits.sessionMs {
            refuse("group.max.session.timeout.ms", most, "session.timeout.ms", limits.sessionMs)
        }
        return results
    }

    /// Judges a topic of the brokers' own, which is made when it is first needed, after the settings there are
    /// then.
    ///
    /// - Parameter setting: the broker's setting of its replication, such as
    ///   `offsets.topic.replication.factor`.
    public static func judge(
        internalTopic name: String, _ facts: TopicFacts, setting: String, brokers: [BrokerFacts]
    ) -> CheckResult {
        let isThere = facts.partitions != nil
        let planned = brokers.compactMap { $0.number(setting) }.min()
        guard let replicas = isThere ? facts.replicas : planned else {
            return CheckResult(.warn, name, "its replication cannot be seen")
        }
        if replicas < 2, brokers.count > 1 {
            return CheckResult(
                .problem, name,
                "\(isThere ? "has" : "will have") one replica on \(counted(brokers.count, "broker")): without that broker "
                    + "nothing can be committed",
                remedy: isThere
                    ? "raise its replication with kafka-reassign-partitions" : "set \(setting)=3")
        }
        if !isThere, replicas > brokers.count {
            return CheckResult(
                .problem, name,
                "cannot be made: \(setting)=\(replicas), and \(counted(brokers.count, "broker"))",
                remedy: "set \(setting) to \(brokers.count), or start more brokers")
        }
        let least = Int(facts.number("min.insync.replicas") ?? 1)
        let stuck = (facts.partitions ?? []).filter { $0.inSync < least || $0.leader < 0 }
        if !stuck.isEmpty {
            return CheckResult(
                .problem, name,
                "\(counted(stuck.count, "partition")) cannot be written: replicas are missing",
                remedy: "bring the missing brokers back")
        }
        return CheckResult(
            .ok, name,
            isThere
                ? "\(counted(replicas, "replica"))"
                : "not there yet, \(counted(replicas, "replica")) planned")
    }
}
