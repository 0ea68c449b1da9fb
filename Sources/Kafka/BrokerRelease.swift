import Broker

/// Which Kafka a broker is, as far as its properties tell.
///
/// Brokers do not say their release; from 4.0 on they do not even say their protocol's.
public enum BrokerRelease: Equatable, Sendable, CustomStringConvertible {
    /// The release its protocol between brokers is of: the broker's own, or an older one it was told to keep to.
    case protocolOf(major: Int, minor: Int)
    /// 4.0 or newer.
    case atLeast4
    /// It does not show its properties.
    case unknown

    /// Reads the release off a broker's properties.
    public init(properties: [String: String]) {
        guard !properties.isEmpty else {
            self = .unknown
            return
        }
        guard let text = properties["inter.broker.protocol.version"] else {
            self = .atLeast4
            return
        }
        let numbers = text.prefix { $0 != "-" }.split(separator: ".").compactMap { Int($0) }
        guard let major = numbers.first else {
            self = .unknown
            return
        }
        self = .protocolOf(major: major, minor: numbers.count > 1 ? numbers[1] : 0)
    }

    /// Whether it is certainly older than `major.minor`.
    public func isOlder(than major: Int, _ minor: Int) -> Bool {
        guard case .protocolOf(let own, let ownMinor) = self else { return false }
        return (own, ownMinor) < (major, minor)
    }

    /// Such as `3.9`.
    public var description: String {
        switch self {
        case .protocolOf(let major, let minor): "\(major).\(minor)"
        case .atLeast4: "4.0 or newer"
        case .unknown: "unknown"
        }
    }
}

extension Admin {
    /// Which Kafka broker `id` is, as far as it tells.
    ///
    /// - Throws: as `properties(ofBroker:timeoutMs:)`.
    public func release(
        ofBroker id: Int32, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> BrokerRelease {
        BrokerRelease(properties: try properties(ofBroker: id, timeoutMs: timeoutMs))
    }
}
