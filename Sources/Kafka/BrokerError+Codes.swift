import Broker
import CRdkafka

/// Errors as librdkafka tells them: a code, or an error object.
extension BrokerError {
    /// An error for librdkafka's `code` while doing `action`; `text` replaces the library's own.
    public init(code: Int32, action: String, text: String? = nil) {
        let code_t = rd_kafka_resp_err_t(rawValue: code)
        let text = text ?? String(cString: rd_kafka_err2str(code_t))
        // A broker that goes in the midst of a handshake is no wrong certificate.
        let isBreak =
            code_t == RD_KAFKA_RESP_ERR__SSL
            && ["Disconnected", "reset by peer"].contains { text.contains($0) }
        self.init(
            isBreak ? .unreachable : BrokerError.move(forCode: code), code: Code(rawValue: code),
            name: BrokerError.name(ofCode: code), action: action, text: text,
            advice: BrokerError.advice(forCode: code))
    }

    /// The name of a code without its prefix, such as `_TRANSPORT` or `ILLEGAL_GENERATION`.
    public static func name(ofCode code: Int32) -> String {
        String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: code)))
    }

    /// The error of a transaction that can only be aborted; one that would come again stays what it is.
    var abortable: BrokerError {
        move == .configuration || move == .rejected ? self : moved(to: .abortTransaction)
    }

    /// The error under the move its flags call for, unless somebody else's doing or a setting is behind it:
    /// then trying again in any way would end the same.
    func settled(_ move: Move) -> BrokerError {
        self.move == .fenced || self.move == .configuration ? self : moved(to: move)
    }

    /// The error of producing a record: one that brokers refuse would be refused again, and only a person can change
    /// the topic's limit or the right to write.
    public var producing: BrokerError { move == .rejected ? moved(to: .configuration) : self }

    /// The same error where something else was being done.
    func during(_ action: String) -> BrokerError {
        var error = self
        error.action = action
        return error
    }
}

/// Throws when `code` is an error.
func check(_ code: rd_kafka_resp_err_t, _ action: @autoclosure () -> String) throws(BrokerError) {
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    throw BrokerError(code: code.rawValue, action: action())
}

/// Throws when `error` is an error object, which is destroyed; its own flags outrank the table.
func check(_ error: OpaquePointer?, _ action: @autoclosure () -> String) throws(BrokerError) {
    guard let error else { return }
    defer { rd_kafka_error_destroy(error) }
    let text = String(cString: rd_kafka_error_string(error))
    let plain = BrokerError(
        code: rd_kafka_error_code(error).rawValue, action: action(), text: text)
    if rd_kafka_error_is_fatal(error) != 0 {
        throw plain.settled(.fatal)
    }
    if rd_kafka_error_txn_requires_abort(error) != 0 { throw plain.abortable }
    if rd_kafka_error_is_retriable(error) != 0 { throw plain.moved(to: .retry) }
    throw plain
}
