import Broker
import Topology

/// Why an instance cannot go on. Nothing that was not committed is lost by its end.
public enum EngineFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process has taken this instance's identity over: two of one identity take turns at best. A
    /// coordinator that answers a join late fences a lone process as well; that one may be started again.
    case fenced(String)
    /// Records are gone that were not read, or a topic was changed under the group: an operator must decide.
    case dataLoss(String)
    /// A setting, credential, permission or topic is wrong: a person must change it.
    case configuration(String)
    /// No broker answers, or a topic is missing: try again later.
    case unreachable(String)
    /// A run that stops at the end did not come to it: others hold partitions, or nothing moves.
    case incomplete(String)
    /// The engine cannot go on: restart it.
    case fatal(String)

    /// What is wrong and what to do, for the log and standard error.
    public var description: String {
        switch self {
        case .fenced(let text), .dataLoss(let text), .configuration(let text),
            .unreachable(let text), .incomplete(let text), .fatal(let text):
            text
        }
    }

    /// What a cluster's error means where nothing can be tried again.
    public init(_ error: BrokerError) {
        switch error.move {
        case .fenced: self = .fenced(error.description)
        case .outOfRange: self = .dataLoss(error.description)
        case .configuration, .rejected: self = .configuration(error.description)
        case .unreachable, .retry: self = .unreachable(error.description)
        case .fatal, .abortTransaction, .benign: self = .fatal(error.description)
        }
    }
}

extension EngineFailure {
    /// A record of a task's log, in the partition called `log`, cannot be read.
    static func unreadable(_ log: String, _ offset: Int64, _ error: BlockError) -> EngineFailure {
        let place = "\(log) at offset \(offset)"
        switch error {
        case .unknownFormat:
            return .dataLoss(
                "\(place) is no block this version reads: another program writes to the topic, or a newer "
                    + "version did; configure a topic of its own (such as partials.topic)")
        case .corrupt: return .dataLoss("\(place) is a damaged block")
        case .paneWidth(let block, let expected):
            return .configuration(
                "\(place) was cut in panes of \(block) ms, and window.pane is \(expected) ms: keep the "
                    + "width, or configure a new topic (such as partials.topic)")
        }
    }
}
