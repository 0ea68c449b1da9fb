import Broker
import Delivery

/// Kafka's error codes as far as the model gives them; negative ones arise in the client.
public enum ErrorCode: Int32, Sendable, CaseIterable {
    case offsetOutOfRange = 1
    case unknownTopicOrPartition = 3
    case leaderNotAvailable = 5
    case notLeader = 6
    case coordinatorLoading = 14
    case coordinatorNotAvailable = 15
    case notCoordinator = 16
    case notEnoughReplicas = 19
    case illegalGeneration = 22
    case unknownMemberID = 25
    case rebalanceInProgress = 27
    case topicAuthorizationFailed = 29
    case outOfOrderSequence = 45
    case invalidProducerEpoch = 47
    case invalidTransactionState = 48
    case invalidProducerIDMapping = 49
    case concurrentTransactions = 51
    case memberIDRequired = 79
    case fencedInstanceID = 82
    case unstableOffsetCommit = 88
    case producerFenced = 90
    case unknownServerError = -1
    case messageTimedOut = -192
    case transport = -195
    case unknownPartition = -190
    case unknownTopic = -188
    case timedOut = -185
    case state = -172
    case purgedFromQueue = -152
    case maxPollExceeded = -147
    case fenced = -144
    case autoOffsetReset = -140

    /// The client library's name.
    public var name: String { Self.facts[self]?.name ?? "" }
    /// The move our client's table gives the code, where no flag of the library outranks it.
    public var move: BrokerError.Move { Self.facts[self]?.move ?? .fatal }

    /// An error that says what was being done.
    func error(_ action: String, move: BrokerError.Move? = nil) -> BrokerError {
        BrokerError(
            move ?? self.move, code: BrokerError.Code(rawValue: rawValue), name: name,
            action: action,
            text: "simulated")
    }

    private static let facts: [ErrorCode: (name: String, move: BrokerError.Move)] = [
        .offsetOutOfRange: ("OFFSET_OUT_OF_RANGE", .outOfRange),
        .unknownTopicOrPartition: ("UNKNOWN_TOPIC_OR_PART", .retry),
        .leaderNotAvailable: ("LEADER_NOT_AVAILABLE", .retry),
        .notLeader: ("NOT_LEADER_FOR_PARTITION", .retry),
        .coordinatorLoading: ("COORDINATOR_LOAD_IN_PROGRESS", .retry),
        .coordinatorNotAvailable: ("COORDINATOR_NOT_AVAILABLE", .retry),
        .notCoordinator: ("NOT_COORDINATOR", .retry),
        .notEnoughReplicas: ("NOT_ENOUGH_REPLICAS", .retry),
        .illegalGeneration: ("ILLEGAL_GENERATION", .abortTransaction),
        .unknownMemberID: ("UNKNOWN_MEMBER_ID", .abortTransaction),
        .rebalanceInProgress: ("REBALANCE_IN_PROGRESS", .retry),
        .topicAuthorizationFailed: ("TOPIC_AUTHORIZATION_FAILED", .configuration),
        .outOfOrderSequence: ("OUT_OF_ORDER_SEQUENCE_NUMBER", .fatal),
        .invalidProducerEpoch: ("INVALID_PRODUCER_EPOCH", .fatal),
        .invalidTransactionState: ("INVALID_TXN_STATE", .fatal),
        .invalidProducerIDMapping: ("INVALID_PRODUCER_ID_MAPPING", .fatal),
        .concurrentTransactions: ("CONCURRENT_TRANSACTIONS", .retry),
        .memberIDRequired: ("MEMBER_ID_REQUIRED", .retry),
        .fencedInstanceID: ("FENCED_INSTANCE_ID", .fenced),
        .unstableOffsetCommit: ("UNSTABLE_OFFSET_COMMIT", .retry),
        .producerFenced: ("PRODUCER_FENCED", .fenced),
        .unknownServerError: ("UNKNOWN", .fatal),
        .messageTimedOut: ("_MSG_TIMED_OUT", .retry),
        .transport: ("_TRANSPORT", .unreachable),
        .unknownPartition: ("_UNKNOWN_PARTITION", .configuration),
        .unknownTopic: ("_UNKNOWN_TOPIC", .configuration),
        .timedOut: ("_TIMED_OUT", .retry),
        .state: ("_STATE", .fatal),
        .purgedFromQueue: ("_PURGE_QUEUE", .abortTransaction),
        .maxPollExceeded: ("_MAX_POLL_EXCEEDED", .retry),
        .fenced: ("_FENCED", .fenced),
        .autoOffsetReset: ("_AUTO_OFFSET_RESET", .outOfRange),
    ]
}
