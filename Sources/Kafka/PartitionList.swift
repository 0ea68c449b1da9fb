import CRdkafka
import Glibc

/// One owner of a `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Takes over a list.
    init(owning pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        self.pointer = pointer
    }

    /// A list of `offsets`, named by `topics`.
    init(_ offsets: [PartitionOffset], topics: [String]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for entry in offsets {
            precondition(topics.indices.contains(entry.partition.topic), "unknown topic index")
            let element = rd_kafka_topic_partition_list_add(
                pointer, topics[entry.partition.topic], entry.partition.partition)
            element?.pointee.offset = entry.offset
            guard !entry.metadata.isEmpty else { continue }
            // The list frees the copy.
            element?.pointee.metadata = UnsafeMutableRawPointer(strdup(entry.metadata))
            element?.pointee.metadata_size = entry.metadata.utf8.count
        }
    }

    /// A list of partitions without offsets.
    init(_ partitions: [TopicPartition], topics: [String]) {
        self.init(
            partitions.map { PartitionOffset($0, offset: PartitionOffset.none) }, topics: topics)
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
    func check(_ action: String, topics: [String]) throws(KafkaError) {
        for element in elements where element.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            let topic = element.topic.map { String(cString: $0) } ?? "?"
            throw KafkaError(
                code: element.err.rawValue, action: "\(action) \(topic)[\(element.partition)]")
        }
    }

    /// The entries of a list owned elsewhere.
    static func offsets(
        _ elements: UnsafeBufferPointer<rd_kafka_topic_partition_t>, _ client: Client
    ) -> [PartitionOffset] {
        elements.compactMap { element in
            guard let topic = client.index(of: element.topic) else { return nil }
            let metadata = element.metadata.map { start in
                String(
                    decoding: UnsafeRawBufferPointer(start: start, count: element.metadata_size),
                    as: UTF8.self)
            }
            return PartitionOffset(
                TopicPartition(topic: topic, partition: element.partition),
                offset: element.offset, metadata: metadata ?? "")
        }
    }
}
