import Broker
import CRdkafka

/// What tests ask of a broker that the program never does.
public enum TestBroker {
    /// Deletes the records of a partition below an offset, as retention does.
    ///
    /// - Throws: what the broker answers; `.unreachable` where none does.
    public static func deleteRecords(
        of topic: String, _ partition: Int32, before offset: Int64, at servers: String
    ) throws(BrokerError) {
        let action = "delete records of \(topic)[\(partition)]"
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "bootstrap.servers", servers, nil, 0)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
            throw BrokerError(.fatal, action: action, text: "there is no client")
        }
        defer { rd_kafka_destroy(client) }
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = offset
        var request = rd_kafka_DeleteRecords_new(list)
        defer { rd_kafka_DeleteRecords_destroy(request) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_DeleteRecords(client, &request, 1, nil, queue)
        guard let event = rd_kafka_queue_poll(queue, 30_000) else {
            throw BrokerError(.unreachable, action: action, text: "no broker answers")
        }
        defer { rd_kafka_event_destroy(event) }
        var error = rd_kafka_event_error(event)
        if let result = rd_kafka_event_DeleteRecords_result(event),
            let answer = rd_kafka_DeleteRecords_result_offsets(result)
        {
            error = answer.pointee.elems.pointee.err
        }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BrokerError(
                .fatal, action: action, text: String(cString: rd_kafka_err2str(error)))
        }
    }
}
