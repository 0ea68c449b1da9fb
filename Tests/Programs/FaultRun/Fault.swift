import TestSupport

/// Something that is done to the cluster.
enum Fault: CustomStringConvertible {
    case killMember(Int, downMs: Int)
    case killBroker(Int, downMs: Int)
    case freezeMember(Int, forMs: Int)
    case freezeBroker(Int, forMs: Int)
    case scaleDown(Int)
    case scaleUp(Int)
    case rollingRestart
    case killAll

    var description: String {
        switch self {
        case .killMember(let i, let ms): "kill -9 member-\(i), back after \(ms) ms"
        case .killBroker(let i, let ms): "kill -9 broker \(i), back after \(ms) ms"
        case .freezeMember(let i, let ms): "SIGSTOP member-\(i) for \(ms) ms"
        case .freezeBroker(let i, let ms): "SIGSTOP broker \(i) for \(ms) ms"
        case .scaleDown(let i): "scale down: member-\(i) ends"
        case .scaleUp(let i): "scale up: member-\(i) begins"
        case .rollingRestart: "rolling restart"
        case .killAll: "kill -9 every member"
        }
    }

    /// The kind, for the summary.
    var kind: String {
        switch self {
        case .killMember: "kill -9 of a member"
        case .killBroker: "kill -9 of a broker"
        case .freezeMember: "member frozen past its session"
        case .freezeBroker: "broker frozen"
        case .scaleDown: "scale down"
        case .scaleUp: "scale up"
        case .rollingRestart: "rolling restart"
        case .killAll: "kill -9 of all members"
        }
    }

    /// The next fault: drawn, but every kind comes soon, and there is always a member left.
    static func next(
        _ number: Int, running: [Int], away: [Int], brokers: Int, _ random: inout TestRandom
    ) -> Fault {
        let turn: [Int] = [0, 1, 2, 0, 3, 4, 0, 1, 5, 6]
        let pick = number < turn.count ? turn[number] : Int.random(in: 0..<8, using: &random)
        let member = running[Int.random(in: 0..<running.count, using: &random)]
        let broker = Int.random(in: 1...brokers, using: &random)
        switch pick {
        case 1: return .killBroker(broker, downMs: Int.random(in: 500...8_000, using: &random))
        case 2: return .freezeMember(member, forMs: Int.random(in: 14_000...17_000, using: &random))
        case 3 where running.count > 1: return .scaleDown(member)
        case 4 where !away.isEmpty: return .scaleUp(away[0])
        case 5: return .freezeBroker(broker, forMs: Int.random(in: 1_000...9_000, using: &random))
        case 6: return .rollingRestart
        case 7: return .killAll
        default: return .killMember(member, downMs: Int.random(in: 0...2_000, using: &random))
        }
    }
}
