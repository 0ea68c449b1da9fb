import Broker
import CRdkafka

/// A consumer group as its coordinator describes it.
public struct GroupDescription: Equatable, Sendable {
    /// The group's name.
    public var name: String
    /// Its state, as `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Dead`.
    public var state: String
    /// How partitions are shared out, as `range`; empty where nobody is in.
    public var assignor: String
    /// Its members.
    public var members: [Member]

    /// One member.
    public struct Member: Equatable, Sendable {
        /// The id the coordinator gave it.
        public var id: String
        /// Its static id (`group.instance.id`); nil for a dynamic member.
        public var instanceID: String?
        /// The name its client gives itself.
        public var clientID: String
        /// Where it connects from.
        public var host: String
        /// The partitions it has, by topic name.
        public var partitions: [String: [Int32]]

        /// A member.
        public init(
            id: String, instanceID: String?, clientID: String, host: String,
            partitions: [String: [Int32]] = [:]
        ) {
            self.id = id
            self.instanceID = instanceID
            self.clientID = clientID
            self.host = host
            self.partitions = partitions
        }
    }

    /// A description.
    public init(name: String, state: String, assignor: String = "", members: [Member] = []) {
        self.name = name
        self.state = state
        self.assignor = assignor
        self.members = members
    }

    /// Whether somebody is in the group: its offsets cannot be altered then.
    public var isActive: Bool { !members.isEmpty }
}

/// For commands, not for the engine: see `Library.knownDefects`, "late-coordinator".
extension Admin {
    /// The state and the members of a consumer group; one that does not exist is `Dead` and empty.
    ///
    /// - Throws: `.configuration` without the right to; `.unreachable` or `.retry` when the coordinator does
    ///   not answer.
    public func describe(
        group: String, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> GroupDescription {
        let action = "describe group \(group)"
        let event: OpaquePointer = try group.withCStringPointer { name throws(BrokerError) in
            var names: [UnsafePointer<CChar>?] = [name]
            return try ask(group, action, timeoutMs, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS) {
                options, queue in
                rd_kafka_DescribeConsumerGroups(client.handle, &names, 1, options, queue)
            }
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count)
        guard count == 1, let found = results?[0] else {
            throw BrokerError(code: RD_KAFKA_RESP_ERR__NOENT.rawValue, action: action)
        }
        try check(borrowed: rd_kafka_ConsumerGroupDescription_error(found), action)
        return GroupDescription(found)
    }

    /// What a group has committed of partitions, with metadata; those without an offset are left out.
    ///
    /// Only stable ones, as `GroupOffsets` has them. Asked through a consumer that does not join: librdkafka's admin
    /// request tells the old offset while a transaction is about to change it.
    ///
    /// - Throws: `.configuration` without the right to; `.retry` where a transaction does not end in time;
    ///   `.unreachable`.
    public func committed(
        _ partitions: [TopicPartition], group: String, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [PartitionOffset] {
        guard !partitions.isEmpty else { return [] }
        let client = try Client(
            properties: properties, role: .consumer(group: group, instanceID: nil), topics: topics,
            hooks: Hooks())
        let found = try GroupOffsets(client: client, group: group).committed(
            partitions, timeoutMs: timeoutMs)
        return found.filter { $0.offset != nil }
    }

    /// Sets what a group has committed; nobody may be in the group.
    ///
    /// - Throws: `.rejected` (`NON_EMPTY_GROUP`, or `UNKNOWN_MEMBER_ID` from some brokers) when somebody is;
    ///   `.configuration` without the right to; `.unreachable` or `.retry`.
    public func setCommitted(
        _ offsets: [PartitionOffset], group: String, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) {
        guard !offsets.isEmpty else { return }
        let action = "set the offsets of group \(group)"
        let list = PartitionList(offsets, topics: topics)
        var request = rd_kafka_AlterConsumerGroupOffsets_new(group, list.pointer)
        defer { rd_kafka_AlterConsumerGroupOffsets_destroy(request) }
        let event = try ask(group, action, timeoutMs, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS) {
            options, queue in
            rd_kafka_AlterConsumerGroupOffsets(client.handle, &request, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
            rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count)
        do throws(BrokerError) {
            try checkAltered(results, count, action)
        } catch {
            // Said of a group that has members: the request names none.
            let isInUse = error.code == .unknownMemberID
            throw isInUse ? error.moved(to: .rejected) : error
        }
    }
}

extension Admin {
    /// The first error of the one group of an answer.
    private func checkAltered(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ action: String
    ) throws(BrokerError) {
        guard count == 1, let result = results?[0] else { return }
        try check(borrowed: rd_kafka_group_result_error(result), action)
        guard let list = rd_kafka_group_result_partitions(result) else { return }
        let elements = UnsafeBufferPointer(
            start: list.pointee.elems, count: Int(list.pointee.cnt))
        for element in elements where element.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            let topic = element.topic.map { String(cString: $0) } ?? "?"
            throw BrokerError(
                code: element.err.rawValue, action: "\(action), \(topic)[\(element.partition)]")
        }
    }
}

extension GroupDescription {
    init(_ group: OpaquePointer) {
        name = rd_kafka_ConsumerGroupDescription_group_id(group).map { String(cString: $0) } ?? ""
        state = String(
            cString: rd_kafka_consumer_group_state_name(
                rd_kafka_ConsumerGroupDescription_state(group)))
        assignor =
            rd_kafka_ConsumerGroupDescription_partition_assignor(group)
            .map { String(cString: $0) } ?? ""
        members = (0..<rd_kafka_ConsumerGroupDescription_member_count(group)).compactMap {
            rd_kafka_ConsumerGroupDescription_member(group, $0).map(Member.init)
        }
    }
}

extension GroupDescription.Member {
    init(_ member: OpaquePointer) {
        func text(_ start: UnsafePointer<CChar>?) -> String? { start.map { String(cString: $0) } }
        id = text(rd_kafka_MemberDescription_consumer_id(member)) ?? ""
        instanceID = text(rd_kafka_MemberDescription_group_instance_id(member))
        clientID = text(rd_kafka_MemberDescription_client_id(member)) ?? ""
        host = text(rd_kafka_MemberDescription_host(member)) ?? ""
        partitions = [:]
        let list = rd_kafka_MemberDescription_assignment(member)
            .flatMap { rd_kafka_MemberAssignment_partitions($0) }
        for entry in UnsafeBufferPointer(
            start: list?.pointee.elems, count: Int(list?.pointee.cnt ?? 0))
        {
            guard let topic = text(entry.topic) else { continue }
            partitions[topic, default: []].append(entry.partition)
        }
    }
}

extension String {
    /// `withCString` that keeps the error's type.
    func withCStringPointer<R, E: Error>(
        _ body: (UnsafePointer<CChar>) throws(E) -> R
    ) throws(E) -> R {
        let result: Result<R, E> = withCString { pointer in
            do throws(E) { return .success(try body(pointer)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
