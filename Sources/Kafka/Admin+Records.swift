import Broker
import CRdkafka

extension Admin {
    /// Deletes the records of partitions below an offset, as retention does, and returns the first offset each
    /// keeps; -1 as the offset stands for the end.
    ///
    /// - Throws: `.outOfRange` for an offset past the end; `.configuration` without the right to, or where the
    ///   topic is compacted only; `.unreachable` or `.retry`.
    @discardableResult
    public func deleteRecords(
        before offsets: [PartitionOffset], timeoutMs: Int32 = 30_000
    ) throws(BrokerError) -> [PartitionOffset] {
        guard !offsets.isEmpty else { return [] }
        let list = PartitionList(offsets, topics: topics)
        var request = rd_kafka_DeleteRecords_new(list.pointer)
        defer { rd_kafka_DeleteRecords_destroy(request) }
        let event = try client.run("delete records", timeoutMs, RD_KAFKA_ADMIN_OP_DELETERECORDS) {
            options, queue in
            rd_kafka_DeleteRecords(client.handle, &request, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        let found = rd_kafka_DeleteRecords_result_offsets(
            rd_kafka_event_DeleteRecords_result(event))
        let elements = UnsafeBufferPointer(
            start: found?.pointee.elems, count: Int(found?.pointee.cnt ?? 0))
        for element in elements where element.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            let topic = element.topic.map { String(cString: $0) } ?? "?"
            throw BrokerError(
                code: element.err.rawValue,
                action: "delete records of \(topic)[\(element.partition)]")
        }
        return PartitionList.offsets(elements, client)
    }
}
