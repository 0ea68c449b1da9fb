import Broker
import CRdkafka
import Glibc

/// One owner of a `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Takes over a list.
    init(owning pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        self.pointer = pointer
    }

    /// A list of positions, named by `topics`.
    init(_ positions: [PartitionOffset], topics: TopicNames) {
        self.init(count: positions.count)
        for position in positions {
            let offset = position.offset ?? Int64(RD_KAFKA_OFFSET_INVALID)
            let element = add(position.partition, offset, topics)
            guard !position.metadata.isEmpty else { continue }
            // The list frees the copy.
            element?.pointee.metadata = UnsafeMutableRawPointer(strdup(position.metadata))
            element?.pointee.metadata_size = position.metadata.utf8.count
        }
    }

    /// A list of partitions; `offset` stands for all of their offsets.
    init(
        _ partitions: [TopicPartition], offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID),
        topics: TopicNames
    ) {
        self.init(count: partitions.count)
        for partition in partitions { _ = add(partition, offset, topics) }
    }

    private init(count: Int) { pointer = rd_kafka_topic_partition_list_new(Int32(count)) }

    private func add(
        _ partition: TopicPartition, _ offset: Int64, _ topics: TopicNames
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_t>? {
        let element = rd_kafka_topic_partition_list_add(
            pointer, topics.name(partition.topic), partition.number)
        element?.pointee.offset = offset
        return element
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    /// The elements, lent by the list.
    var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: pointer.pointee.elems, count: Int(pointer.pointee.cnt))
    }

    /// The entries as values; entries of topics the client was not made for are left out.
    func offsets(_ client: Client) -> [PartitionOffset] {
        PartitionList.offsets(elements, client)
    }

    /// The first error an entry carries.
    func check(_ action: String) throws(BrokerError) {
        for element in elements where element.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            let topic = element.topic.map { String(cString: $0) } ?? "?"
            throw BrokerError(
                code: element.err.rawValue, action: "\(action) \(topic)[\(element.partition)]")
        }
    }

    /// The entries of a list owned elsewhere.
    static func offsets(
        _ elements: UnsafeBufferPointer<rd_kafka_topic_partition_t>, _ client: Client
    ) -> [PartitionOffset] {
        elements.compactMap { element in
            guard let topic = client.topic(named: element.topic) else { return nil }
            let metadata = element.metadata.map { start in
                String(
                    decoding: UnsafeRawBufferPointer(start: start, count: element.metadata_size),
                    as: UTF8.self)
            }
            return PartitionOffset(
                TopicPartition(topic, element.partition),
                offset: element.offset < 0 ? nil : element.offset, metadata: metadata ?? "")
        }
    }
}
