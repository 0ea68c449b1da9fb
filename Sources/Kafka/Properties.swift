import Broker
import CRdkafka

/// A validated set of librdkafka properties, from which every client is configured.
///
/// Precedence, lowest first: the defaults of a role, the user's settings in their order, what the engine
/// owns. A setting for producers is not shown to consumers and the other way round, so that one set
/// serves all clients. Values of secrets are never printed.
public struct Properties: Equatable, Sendable, CustomStringConvertible {
    /// One property as the user writes it.
    public struct Setting: Equatable, Sendable, CustomStringConvertible {
        /// librdkafka's name, such as `socket.timeout.ms`.
        public var name: String
        /// Its value, as text.
        public var value: String

        /// `name=value`, a secret masked.
        public var description: String {
            "\(name)=\(Properties.isSecret(name) ? "***" : value)"
        }

        /// A setting.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// Reads `name=value`; nil without a name. The value may be empty and may contain `=`.
        public init?(parsing text: String) {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else { return nil }
            name = String(text[..<sign])
            value = String(text[text.index(after: sign)...])
        }
    }

    /// What a client is for; decides defaults and the properties the engine owns.
    public enum Role: Equatable, Sendable {
        /// A consumer in a group, with a static member id where one is given.
        case consumer(group: String, instanceID: String?)
        /// A consumer of explicit partitions that never joins a group nor commits.
        case reader
        /// Asks where logs end, records of open transactions counted; reads nothing.
        case endLookup
        /// An idempotent producer.
        case producer
        /// An idempotent producer with transactions under `transactionalID`.
        case transactionalProducer(transactionalID: String)
        /// A client for topics, offsets and watermarks.
        case admin
    }

    /// `host:port` pairs, comma-separated.
    public let bootstrapServers: String
    /// The name brokers show for our connections.
    public let clientID: String
    /// The user's settings, in their order.
    public let settings: [Setting]

    /// Validates the user's settings by name and value.
    ///
    /// - Throws: `.configuration` naming the property that is unknown, invalid or owned by the engine.
    public init(
        bootstrapServers: String, clientID: String = "stillwatch", settings: [Setting] = []
    ) throws(BrokerError) {
        guard !bootstrapServers.isEmpty else {
            throw Properties.refusal("bootstrap.servers", "no bootstrap servers are given")
        }
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.settings = settings
        let scratch = try ClientConfiguration()
        for setting in settings {
            if let reason = Properties.refusalReason(setting) {
                throw Properties.refusal(setting.name, reason)
            }
            try scratch.set(setting.name, setting.value)
        }
        if let reason = Properties.timeoutRefusal(settings) {
            throw Properties.refusal("transaction.timeout.ms", reason)
        }
    }

    /// What is wrong with a property, after its name: it is unknown, its value is, or the engine owns it; nil where
    /// it can be passed on. A secret is not quoted.
    public static func problem(_ setting: Setting) -> String? {
        if let reason = refusalReason(setting) { return reason }
        do throws(BrokerError) {
            let scratch = try ClientConfiguration()
            try scratch.set(setting.name, setting.value)
            return nil
        } catch {
            return Library.knows(property: setting.name)
                ? "is not accepted: \(error.text)"
                : "is no property of librdkafka \(Library.version)"
        }
    }

    /// Why librdkafka makes no client of these properties; nil where it makes one of every kind.
    ///
    /// Properties that contradict each other and files that are not there show only then. The clients have no
    /// brokers, and nobody is asked anything.
    public func startProblem() -> BrokerError? {
        // These clients would ask for a token by themselves.
        if settings.contains(where: { $0.value.uppercased() == "OAUTHBEARER" }) { return nil }
        let roles: [Role] = [
            .consumer(group: "stillwatch", instanceID: "check"), .producer, .admin,
            .transactionalProducer(transactionalID: "check"),
        ]
        for role in roles {
            do throws(BrokerError) {
                try Client.tryOut(self, role)
            } catch {
                return error
            }
        }
        return nil
    }

    /// The settings one a line, secrets masked.
    public var description: String {
        let all = [Setting("bootstrap.servers", bootstrapServers)] + settings
        return all.map(\.description).joined(separator: "\n")
    }

    /// The librdkafka configuration for a client of `role`.
    func configuration(
        for role: Role, withBrokers hasBrokers: Bool = true
    ) throws(BrokerError) -> ClientConfiguration {
        let configuration = try ClientConfiguration()
        for setting in effective(for: role)
        where hasBrokers || setting.name != "bootstrap.servers" {
            try configuration.set(setting.name, setting.value)
        }
        return configuration
    }

    /// What a client of `role` is configured with beyond librdkafka's own defaults, in the order in which it is set.
    ///
    /// A default that the user sets is left out: applying both is the same but for values checked as a pair.
    public func effective(for role: Role) -> [Setting] {
        defaults(for: role).filter { item in !settings.contains { $0.name == item.name } }
            + settings.filter { Properties.concerns($0.name, role) }
            + [Setting("bootstrap.servers", bootstrapServers), Setting("client.id", clientID)]
            + Properties.owned(for: role)
    }

    private static func refusal(_ name: String, _ reason: String) -> BrokerError {
        BrokerError(
            .configuration, code: .invalidArgument, name: "_INVALID_ARG",
            action: "property \(name)", text: reason)
    }
}

/// One owner of a `rd_kafka_conf_t`, until a client takes it over.
struct ClientConfiguration: ~Copyable {
    private(set) var pointer: OpaquePointer?

    init() throws(BrokerError) {
        guard let pointer = rd_kafka_conf_new() else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE.rawValue, action: "configure")
        }
        self.pointer = pointer
    }

    deinit { if let pointer { rd_kafka_conf_destroy(pointer) } }

    /// Sets a property; a refused secret is not quoted back.
    func set(_ name: String, _ value: String) throws(BrokerError) {
        let capacity = 512
        let (result, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) {
            buffer in
            buffer.initialize(repeating: 0)
            let result = rd_kafka_conf_set(pointer, name, value, buffer.baseAddress, capacity)
            let text = buffer.baseAddress.map { String(cString: $0) } ?? ""
            return (result, text)
        }
        guard result != RD_KAFKA_CONF_OK else { return }
        throw BrokerError(
            .configuration, code: .invalidArgument, name: "_INVALID_ARG",
            action: "property \(name)",
            text: Properties.isSecret(name) ? "the value is not accepted" : text,
            advice: result == RD_KAFKA_CONF_UNKNOWN
                ? "librdkafka \(Library.version) lists its properties in CONFIGURATION.md" : "")
    }

    /// Gives the pointer up: a client has taken it over.
    consuming func release() {
        pointer = nil
    }
}

extension BrokerError.Code {
    /// An argument or a property that librdkafka does not take.
    fileprivate static let invalidArgument = Self(rawValue: -186)
}
