import Broker
import CRdkafka

/// What all requests to the controller and the coordinators share; any client can make them.
extension Client {
    /// Sends an admin request and returns the event that answers it, which the caller destroys.
    func run(
        _ action: String, _ timeoutMs: Int32, _ operation: rd_kafka_admin_op_t,
        _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void
    ) throws(BrokerError) -> OpaquePointer {
        let queue = rd_kafka_queue_new(handle)
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(handle, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        _ = rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs, nil, 0)
        // Wait for the brokers to act, a little shorter than for the answer.
        if Client.actsLater(operation) {
            _ = rd_kafka_AdminOptions_set_operation_timeout(
                options, max(1, timeoutMs - 1_000), nil, 0)
        }
        send(options, queue)
        // The library answers by itself when the time is up; the margin is for a busy machine.
        guard let event = rd_kafka_queue_poll(queue, timeoutMs + 5_000) else {
            throw BrokerError(code: RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue, action: action)
        }
        let code = rd_kafka_event_error(event)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return event }
        let text = rd_kafka_event_error_string(event).map { String(cString: $0) }
        rd_kafka_event_destroy(event)
        let error = BrokerError(code: code.rawValue, action: action, text: text)
        throw code == RD_KAFKA_RESP_ERR__TIMED_OUT ? error.moved(to: .unreachable) : error
    }

    /// Whether brokers answer an operation only when it has taken effect.
    private static func actsLater(_ operation: rd_kafka_admin_op_t) -> Bool {
        operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_DELETETOPICS
    }
}

/// Throws when an object of an answer carries an error, which it keeps.
func check(borrowed error: OpaquePointer?, _ action: String) throws(BrokerError) {
    guard let error, rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    throw BrokerError(
        code: rd_kafka_error_code(error).rawValue, action: action,
        text: String(cString: rd_kafka_error_string(error)))
}

extension Admin {
    /// `run` for a request to a group's coordinator, which must not time out: an answer that comes after it ends
    /// the process (an assertion of librdkafka 2.0), and a coordinator that is not there at once is not asked
    /// again. So it is sent when the coordinator is known to answer, and has its time.
    func ask(
        _ group: String, _ action: String, _ timeoutMs: Int32, _ operation: rd_kafka_admin_op_t,
        _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void
    ) throws(BrokerError) -> OpaquePointer {
        let probe = try Client(
            properties: properties, role: .consumer(group: group, instanceID: nil), topics: ["-"],
            hooks: Hooks())
        let list = PartitionList([TopicPartition(0, 0)], topics: ["-"])
        let code = rd_kafka_committed(probe.handle, list.pointer, timeoutMs)
        if code == RD_KAFKA_RESP_ERR__TIMED_OUT {
            throw BrokerError(code: code.rawValue, action: action).moved(to: .unreachable)
        }
        try check(code, action)
        return try client.run(action, max(timeoutMs, 60_000), operation, send)
    }
}
