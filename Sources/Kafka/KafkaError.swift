import CRdkafka

/// What went wrong with Kafka; the case says what the caller does next.
///
/// Every case carries the same `Detail`: librdkafka's code and its name, what was being done, the
/// library's text, and advice for the person who reads the message.
public enum KafkaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A passing condition: make the same call again after a pause.
    case retry(Detail)
    /// The transaction cannot commit: abort it and produce its outputs again.
    case abortTransaction(Detail)
    /// Another client owns the identity or the assignment: drop the work, then rejoin or end.
    case fenced(Detail)
    /// The client is beyond repair: destroy it and start again from the committed position.
    case fatal(Detail)
    /// A setting, credential, permission or topic is wrong: a person must change it.
    case configuration(Detail)
    /// No broker answers: report it and keep trying, or give up with "environment unreachable".
    case unreachable(Detail)
    /// The position does not exist (any more): choose a new one, or stop rather than lose records.
    case outOfRange(Detail)
    /// This record or request itself is at fault: do not send it again unchanged.
    case rejected(Detail)
    /// Nothing needs to be done: the end of a partition, or something that exists already.
    case benign(Detail)

    /// The facts behind an error.
    public struct Detail: Equatable, Sendable {
        /// librdkafka's error code; negative codes arise in the client, positive ones at the broker.
        public var code: Int32
        /// The code's name without its prefix, such as `_TRANSPORT`.
        public var name: String
        /// What was being done, such as `commit`.
        public var action: String
        /// The library's description.
        public var text: String
        /// What the reader can do; may be empty.
        public var advice: String

        /// Facts.
        public init(code: Int32, name: String, action: String, text: String, advice: String) {
            self.code = code
            self.name = name
            self.action = action
            self.text = text
            self.advice = advice
        }
    }

    /// The facts behind the error.
    public var detail: Detail {
        switch self {
        case .retry(let detail), .abortTransaction(let detail), .fenced(let detail),
            .fatal(let detail), .configuration(let detail), .unreachable(let detail),
            .outOfRange(let detail), .rejected(let detail), .benign(let detail):
            return detail
        }
    }

    /// The case without its detail.
    public var move: Move {
        switch self {
        case .retry: return .retry
        case .abortTransaction: return .abortTransaction
        case .fenced: return .fenced
        case .fatal: return .fatal
        case .configuration: return .configuration
        case .unreachable: return .unreachable
        case .outOfRange: return .outOfRange
        case .rejected: return .rejected
        case .benign: return .benign
        }
    }

    /// One line: what was done, what happened, what to do.
    public var description: String {
        let detail = self.detail
        let advice = detail.advice.isEmpty ? "" : "; \(detail.advice)"
        return "\(detail.action): \(detail.text) (\(detail.name))\(advice)"
    }

    /// The caller's next move, one for each case of `KafkaError`.
    public enum Move: String, Sendable, CaseIterable {
        case retry, abortTransaction, fenced, fatal, configuration, unreachable, outOfRange
        case rejected, benign
    }

    /// An error with the move that `detail` calls for.
    public init(_ move: Move, _ detail: Detail) {
        switch move {
        case .retry: self = .retry(detail)
        case .abortTransaction: self = .abortTransaction(detail)
        case .fenced: self = .fenced(detail)
        case .fatal: self = .fatal(detail)
        case .configuration: self = .configuration(detail)
        case .unreachable: self = .unreachable(detail)
        case .outOfRange: self = .outOfRange(detail)
        case .rejected: self = .rejected(detail)
        case .benign: self = .benign(detail)
        }
    }

    /// An error for librdkafka's `code` while doing `action`; `text` replaces the library's own.
    public init(code: Int32, action: String, text: String? = nil) {
        let code_t = rd_kafka_resp_err_t(rawValue: code)
        let detail = Detail(
            code: code, name: KafkaError.name(ofCode: code), action: action,
            text: text ?? String(cString: rd_kafka_err2str(code_t)),
            advice: KafkaError.advice(forCode: code))
        // A broker that goes in the midst of a handshake is no wrong certificate.
        let isBreak =
            code_t == RD_KAFKA_RESP_ERR__SSL
            && ["Disconnected", "reset by peer"].contains { detail.text.contains($0) }
        self.init(isBreak ? .unreachable : KafkaError.move(forCode: code), detail)
    }

    /// The name of a code without its prefix, such as `_TRANSPORT` or `ILLEGAL_GENERATION`.
    public static func name(ofCode code: Int32) -> String {
        String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: code)))
    }

    /// The same detail under another move.
    func moved(to move: Move) -> KafkaError { KafkaError(move, detail) }

    /// The error of a transaction that can only be aborted; one that would come again stays what it is.
    var abortable: KafkaError {
        move == .configuration || move == .rejected ? self : moved(to: .abortTransaction)
    }

    /// The error under the move its flags call for, unless somebody else's doing or a setting is behind it:
    /// then trying again in any way would end the same.
    func settled(_ move: Move) -> KafkaError {
        self.move == .fenced || self.move == .configuration ? self : moved(to: move)
    }
}

/// Throws when `code` is an error.
func check(_ code: rd_kafka_resp_err_t, _ action: @autoclosure () -> String) throws(KafkaError) {
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    throw KafkaError(code: code.rawValue, action: action())
}

/// Throws when `error` is an error object, which is destroyed; its own flags outrank the table.
func check(_ error: OpaquePointer?, _ action: @autoclosure () -> String) throws(KafkaError) {
    guard let error else { return }
    defer { rd_kafka_error_destroy(error) }
    let text = String(cString: rd_kafka_error_string(error))
    let plain = KafkaError(
        code: rd_kafka_error_code(error).rawValue, action: action(), text: text)
    if rd_kafka_error_is_fatal(error) != 0 {
        throw plain.settled(.fatal)
    }
    if rd_kafka_error_txn_requires_abort(error) != 0 { throw plain.abortable }
    if rd_kafka_error_is_retriable(error) != 0 { throw plain.moved(to: .retry) }
    throw plain
}
