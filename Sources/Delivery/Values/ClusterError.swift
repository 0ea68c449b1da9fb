/// What went wrong with the cluster, and the next move it calls for.
public struct ClusterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The next move; the words of `Kafka.KafkaError`.
    public enum Move: String, Sendable, CaseIterable {
        /// A passing condition: the same again after a pause.
        case retry
        /// The transaction cannot commit: abort it and produce its outputs again.
        case abortTransaction
        /// Another client owns the identity.
        case fenced
        /// The client is beyond repair: start again from the committed position.
        case fatal
        /// A setting, credential, permission or topic is wrong: a person must change it.
        case configuration
        /// No broker answers: report it and keep trying.
        case unreachable
        /// The position does not exist (any more).
        case outOfRange
        /// This record or request itself is at fault.
        case rejected
        /// Nothing needs to be done.
        case benign
    }

    /// The next move.
    public var move: Move
    /// The client library's name of the error, such as `ILLEGAL_GENERATION`.
    public var name: String
    /// One line for people: what was done, what happened, what to do.
    public var description: String

    /// An error.
    public init(_ move: Move, name: String, description: String) {
        self.move = move
        self.name = name
        self.description = description
    }
}
