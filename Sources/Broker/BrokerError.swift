/// What went wrong with the brokers, or with whatever stands in for them, and the next move it calls for.
public struct BrokerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The caller's next move.
    public enum Move: String, Sendable, CaseIterable {
        /// A passing condition: make the same call again after a pause.
        case retry
        /// The transaction cannot commit: abort it and produce its outputs again.
        case abortTransaction
        /// Another client owns the identity: drop the work, then rejoin or end.
        case fenced
        /// The client is beyond repair: destroy it and start again from the committed position.
        case fatal
        /// A setting, credential, permission or topic is wrong: a person must change it.
        case configuration
        /// No broker answers: report it and keep trying, or give up with "environment unreachable".
        case unreachable
        /// The position does not exist (any more): choose a new one, or stop rather than lose records.
        case outOfRange
        /// This record or request itself is at fault: do not send it again unchanged.
        case rejected
        /// Nothing needs to be done: the end of a partition, or something that exists already.
        case benign
    }

    /// Which error it is, by its number in Kafka's protocol (positive) or in librdkafka (negative).
    ///
    /// Those that decisions are made by have names here.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The number.
        public let rawValue: Int32

        /// The code of a number.
        public init(rawValue: Int32) { self.rawValue = rawValue }
    }

    /// The next move.
    public var move: Move
    /// Which error it is; `.none` where neither a broker nor its client library has said it.
    public var code: Code
    /// The code's name without its prefix, such as `_TRANSPORT`, for people; empty for `.none`.
    public var name: String
    /// What was being done, such as `commit`.
    public var action: String
    /// What happened.
    public var text: String
    /// What the reader can do; may be empty.
    public var advice: String

    /// An error; one of our own has neither code nor name.
    public init(
        _ move: Move, code: Code = .none, name: String = "", action: String, text: String,
        advice: String = ""
    ) {
        self.move = move
        self.code = code
        self.name = name
        self.action = action
        self.text = text
        self.advice = advice
    }

    /// One line: what was done, what happened, what to do.
    public var description: String {
        "\(action): \(text)\(name.isEmpty ? "" : " (\(name))")\(advice.isEmpty ? "" : "; \(advice)")"
    }

    /// The same error under another move.
    public func moved(to move: Move) -> BrokerError {
        var error = self
        error.move = move
        return error
    }
}

extension BrokerError.Code {
    /// None: the error is our own.
    public static let none = Self(rawValue: 0)

    /// The membership has ended, by its generation.
    public static let illegalGeneration = Self(rawValue: 22)
    /// The membership has ended, by its member id.
    public static let unknownMemberID = Self(rawValue: 25)
    /// The membership has ended, by its epoch (newer brokers).
    public static let staleMemberEpoch = Self(rawValue: 113)
    /// Another process has taken the static member id over.
    public static let fencedInstanceID = Self(rawValue: 82)
    /// Somebody is in the group.
    public static let nonEmptyGroup = Self(rawValue: 68)

    /// The client gave a record up.
    public static let messageTimedOut = Self(rawValue: -192)
    /// The client's queue is full.
    public static let queueFull = Self(rawValue: -184)
    /// A call was not answered in time.
    public static let timedOut = Self(rawValue: -185)

    /// Whether it says that there is no such topic, or not all of it.
    public var isMissingTopic: Bool { Self.missingTopic.contains(rawValue) }
    /// Whether it says that the membership of a member has ended.
    public var endsMembership: Bool {
        self == .illegalGeneration || self == .unknownMemberID || self == .staleMemberEpoch
    }

    /// `UNKNOWN_TOPIC_OR_PART`, `UNKNOWN_TOPIC_ID`, `_UNKNOWN_TOPIC` and `_UNKNOWN_PARTITION`.
    private static let missingTopic: Set<Int32> = [3, 100, -188, -190]
}
