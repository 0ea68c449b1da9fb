import Broker

/// The classification of librdkafka's error codes: pure, and total over all of them.
extension BrokerError {
    /// The caller's next move for an error code; an unclassified code is fatal.
    ///
    /// The codes of newer libraries are listed too, by number: their names are not in the headers this
    /// module is built with. Inside transactions the error object's own flags outrank this table.
    public static func move(forCode code: Int32) -> Move {
        classifiedMove(forCode: code) ?? .fatal
    }

    /// The move the table gives a code; nil where the code is not in it.
    public static func classifiedMove(forCode code: Int32) -> Move? {
        clientMoves[code] ?? brokerMoves[code]
    }

    /// Codes that arise in the client (negative).
    private static let clientMoves = table([
        .retry: [
            -192,  // _MSG_TIMED_OUT
            -185,  // _TIMED_OUT
            -184,  // _QUEUE_FULL
            -183,  // _ISR_INSUFF
            -182,  // _NODE_UPDATE
            -180,  // _WAIT_COORD
            -178, -177,  // _IN_PROGRESS, _PREV_IN_PROGRESS
            -173,  // _CONFLICT
            -167,  // _OUTDATED
            -166,  // _TIMED_OUT_QUEUE
            -164, -163,  // _WAIT_CACHE, _INTR
            -158,  // _PARTIAL
            -153,  // _RETRY
            -147,  // _MAX_POLL_EXCEEDED: the partitions are gone, the identity is not
            -142,  // _ASSIGNMENT_LOST: the same; a lost revocation tells it
        ],
        .abortTransaction: [
            -152, -151,  // _PURGE_QUEUE, _PURGE_INFLIGHT: taken back by an abort
            -148,  // _GAPLESS_GUARANTEE
        ],
        .fenced: [
            -144  // _FENCED
        ],
        .fatal: [
            -197, -196,  // _DESTROY, _FAIL
            -194, -189,  // _CRIT_SYS_RESOURCE, _FS
            -176, -175, -174,  // _EXISTING_SUBSCRIPTION, _ASSIGN_, _REVOKE_PARTITIONS
            -172, -171,  // _STATE, _UNKNOWN_PROTOCOL
            -157, -156, -155,  // _READ_ONLY, _NOENT, _UNDERFLOW
            -150, -149,  // _FATAL, _INCONSISTENT
            -143,  // _APPLICATION
        ],
        .configuration: [
            -190, -188,  // _UNKNOWN_PARTITION, _UNKNOWN_TOPIC
            -186,  // _INVALID_ARG
            -181,  // _SSL
            -179,  // _UNKNOWN_GROUP
            -170, -169,  // _NOT_IMPLEMENTED, _AUTHENTICATION
            -165,  // _UNSUPPORTED_FEATURE
            -154,  // _INVALID_TYPE
            -146, -145,  // _UNKNOWN_BROKER, _NOT_CONFIGURED
            -136,  // _INVALID_DIFFERENT_RECORD (newer)
        ],
        .unreachable: [
            -195,  // _TRANSPORT
            -193,  // _RESOLVE: names come and go with the machines they name
            -187,  // _ALL_BROKERS_DOWN
            -137,  // _DESTROY_BROKER (newer)
        ],
        .outOfRange: [
            -168,  // _NO_OFFSET
            -140,  // _AUTO_OFFSET_RESET
            -139,  // _LOG_TRUNCATION (newer)
        ],
        .rejected: [
            -199, -198,  // _BAD_MSG, _BAD_COMPRESSION
            -162, -161, -160, -159,  // _KEY_, _VALUE_ SERIALIZATION, DESERIALIZATION
        ],
        .benign: [
            -191,  // _PARTITION_EOF
            -141,  // _NOOP
        ],
    ])

    /// Codes that a broker answers (positive, and -1).
    private static let brokerMoves = table([
        .retry: [
            3,  // UNKNOWN_TOPIC_OR_PART: also seen while metadata spreads
            5, 6, 7, 8, 9,  // LEADER_ to REPLICA_NOT_AVAILABLE
            11,  // STALE_CTRL_EPOCH
            13, 14, 15, 16,  // NETWORK_EXCEPTION, the coordinator elsewhere or loading
            19, 20,  // NOT_ENOUGH_REPLICAS, ..._AFTER_APPEND
            27,  // REBALANCE_IN_PROGRESS
            41,  // NOT_CONTROLLER
            51, 52,  // CONCURRENT_TRANSACTIONS, TRANSACTION_COORDINATOR_FENCED
            55, 56,  // OPERATION_NOT_ATTEMPTED, KAFKA_STORAGE_ERROR
            60,  // REASSIGNMENT_IN_PROGRESS
            70, 71, 72,  // fetch sessions, LISTENER_NOT_FOUND
            74, 75,  // FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH
            77, 78, 79, 80,  // STALE_BROKER_EPOCH, OFFSET_NOT_AVAILABLE, MEMBER_ID_REQUIRED, ...
            83,  // ELIGIBLE_LEADERS_NOT_AVAILABLE
            88, 89,  // UNSTABLE_OFFSET_COMMIT, THROTTLING_QUOTA_EXCEEDED
            100, 103, 106,  // topic ids still on their way (newer)
        ],
        .abortTransaction: [
            22, 25,  // ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID
            113,  // STALE_MEMBER_EPOCH (newer)
            120,  // TRANSACTION_ABORTABLE (newer)
        ],
        .fenced: [
            82,  // FENCED_INSTANCE_ID
            90,  // PRODUCER_FENCED
            110, 111,  // FENCED_MEMBER_EPOCH, UNRELEASED_INSTANCE_ID (newer)
        ],
        .fatal: [
            -1,  // UNKNOWN
            45, 46, 47, 48, 49,  // sequence, producer epoch, transaction state
            59,  // UNKNOWN_PRODUCER_ID
            94, 95, 96, 97,  // voters, features, forwarding
        ],
        .configuration: [
            17,  // TOPIC_EXCEPTION: an invalid topic name, or one brokers keep for themselves
            21, 23, 24, 26,  // acks, group protocol, group id, session timeout
            29, 30, 31,  // TOPIC_, GROUP_, CLUSTER_AUTHORIZATION_FAILED
            33, 34, 35,  // SASL mechanism and state, UNSUPPORTED_VERSION
            37, 38, 39, 40,  // INVALID_PARTITIONS, REPLICATION_FACTOR, REPLICA_ASSIGNMENT, CONFIG
            43, 44,  // UNSUPPORTED_FOR_MESSAGE_FORMAT, POLICY_VIOLATION
            50,  // INVALID_TRANSACTION_TIMEOUT
            53, 54,  // TRANSACTIONAL_ID_AUTHORIZATION_FAILED, SECURITY_DISABLED
            57, 58,  // LOG_DIR_NOT_FOUND, SASL_AUTHENTICATION_FAILED
            61, 62, 63, 64, 65, 66, 67,  // tokens, principals
            69, 73, 76,  // no such group, no topic deletion, unknown compression
            81,  // GROUP_MAX_SIZE_REACHED
            91, 92, 93,  // RESOURCE_NOT_FOUND, DUPLICATE_RESOURCE, UNACCEPTABLE_CREDENTIAL
            112,  // UNSUPPORTED_ASSIGNOR (newer)
        ],
        .outOfRange: [
            1  // OFFSET_OUT_OF_RANGE
        ],
        .rejected: [
            2, 4, 10, 12,  // malformed, or too large for the broker
            18, 28, 32,  // RECORD_LIST_TOO_LARGE, COMMIT_OFFSET_SIZE, INVALID_TIMESTAMP
            42,  // INVALID_REQUEST
            68, 86, 87,  // NON_EMPTY_GROUP, GROUP_SUBSCRIBED_TO_TOPIC, INVALID_RECORD
        ],
        .benign: [
            0, 36,  // NO_ERROR, TOPIC_ALREADY_EXISTS
            84, 85,  // ELECTION_NOT_NEEDED, NO_REASSIGNMENT_IN_PROGRESS
        ],
    ])

    private static func table(_ moves: [Move: [Int32]]) -> [Int32: Move] {
        var table: [Int32: Move] = [:]
        for (move, codes) in moves {
            for code in codes { table[code] = move }
        }
        return table
    }

    /// What the reader of a message with this code can do; empty where the move says it all.
    static func advice(forCode code: Int32) -> String {
        switch code {
        case -195, -187, -137:
            return "check bootstrap servers, port, firewall and security.protocol"
        case -193: return "check the host names of the bootstrap servers"
        case -190, -188, 3: return "create the topic (stillwatch topics create) or correct its name"
        case -181: return "check ssl.ca.location, the certificates and security.protocol"
        case -169, 58: return scramAdvice
        case 33: return "choose a sasl.mechanism that the brokers enable"
        case -140, -168, 1:
            return "the position is gone or none was committed, and records may be lost to "
                + "retention: choose where to start (earliest, latest or a time) deliberately"
        case -147: return "a shard or the control plane stalled past max.poll.interval.ms"
        case 29: return "grant this principal Read, Write or Describe on the topic"
        case 30: return "grant this principal Read on the group"
        case 31: return "grant this principal Create or IdempotentWrite on the cluster"
        case 53: return "grant this principal Write and Describe on the transactional id"
        case 10, 4: return "raise max.message.bytes of the topic, or send smaller records"
        case 19, 20, -183: return "brokers are missing from the in-sync replicas"
        case 82: return "another running instance uses the same instance id"
        case 88:
            return "a transaction on it is pending; one that stays so hangs: kafka-transactions.sh "
                + "find-hanging tells it, abort ends it"
        case 90, -144, 47: return "a newer instance took over this transactional id"
        case 50: return "raise transaction.max.timeout.ms of the brokers, or lower the timeout"
        default: return ""
        }
    }

    /// librdkafka issue 4895: the client repeats its nonce, and new brokers refuse that.
    static var scramAdvice: String {
        let known = Library.version < Library.Version(2, 6, 1)
        return "check user name, password and sasl.mechanism"
            + (known
                ? "; SCRAM from librdkafka \(Library.version) does not work with Kafka 4.0 or "
                    + "newer: use librdkafka 2.6.1 or newer, or PLAIN over TLS" : "")
    }
}
