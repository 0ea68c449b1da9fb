import CRdkafka
import Foundation
import Testing

/// What retention does, at once: records below an offset are deleted (KIP-107).
enum RecordDeletion {
    /// A call that failed, in librdkafka's words.
    struct Failure: Error { let text: String }

    /// Deletes the records of a partition before `offset`.
    static func delete(
        _ topic: String, partition: Int32, before offset: Int64, at servers: String
    ) throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "bootstrap.servers", servers, nil, 0)
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0))
        defer { rd_kafka_destroy(client) }
        let offsets = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(offsets) }
        rd_kafka_topic_partition_list_add(offsets, topic, partition).pointee.offset = offset
        var request = rd_kafka_DeleteRecords_new(offsets)
        defer { rd_kafka_DeleteRecords_destroy(request) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_DeleteRecords(client, &request, 1, nil, queue)
        let event = rd_kafka_queue_poll(queue, 30_000)
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard event != nil, code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw Failure(text: String(cString: rd_kafka_err2str(code)))
        }
        let result = rd_kafka_DeleteRecords_result_offsets(
            rd_kafka_event_DeleteRecords_result(event))
        let deleted = try #require(result?.pointee.elems.pointee)
        guard deleted.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw Failure(text: String(cString: rd_kafka_err2str(deleted.err)))
        }
    }
}
