/// A request a client waits for.
class PendingCall {
    /// The connection broke: nobody knows whether the request was carried out.
    func fail() {}
}

/// A request whose answer is a `Reply`.
final class Call<Reply>: PendingCall {
    private var done: ((Reply?) -> Void)?

    init(_ done: @escaping (Reply?) -> Void) { self.done = done }

    func finish(_ reply: Reply?) {
        guard let done else { return }
        self.done = nil
        done(reply)
    }

    override func fail() { finish(nil) }
}

/// One TCP connection of a client to a broker.
///
/// Requests arrive in the order they were sent. When it breaks, the client is told for every request it
/// waits for; those that were under way may still be carried out, up to some point in their order.
final class Connection {
    let process: SimProcess
    let broker: SimBroker
    /// Whether the client may still use it.
    private(set) var isOpen = true
    private let network: Network
    private let boot: Int
    private var lastArrivalUs: Micros
    private var lastReplyUs: Micros = 0
    private var sent = 0
    private var arrived = 0
    /// Requests from this one on never arrive.
    private var cutAt = Int.max
    private var calls: [PendingCall] = []
    private let onBreak: (Connection) -> Void

    /// - Parameter onBreak: the client is told once, before its requests fail.
    init(
        _ process: SimProcess, to broker: SimBroker, network: Network,
        onBreak: @escaping (Connection) -> Void
    ) {
        self.process = process
        self.broker = broker
        self.network = network
        self.onBreak = onBreak
        boot = broker.boot
        // One way and back, before the first request can be sent.
        lastArrivalUs = network.timeline.nowUs + 2 * network.latencyUs()
        broker.add(self)
        process.add(self)
    }

    /// Sends a request. `handle` is carried out at the broker and given what answers it; `done` is called in the
    /// process, with nil where the connection broke.
    func send<Reply>(
        _ kind: RequestKind, handle: @escaping (@escaping (Reply) -> Void) -> Void,
        done: @escaping (Reply?) -> Void
    ) {
        let call = Call(done)
        calls.append(call)
        let number = sent
        sent += 1
        let fate = network.fate(of: kind, from: process, to: broker.id)
        let nowUs = network.timeline.nowUs
        var arrivalUs = nowUs + network.latencyUs()
        var losesResponse: Micros?
        switch fate {
        case .delivered: break
        case .requestLost(let noticeUs):
            network.timeline.note("\(process.name): \(kind) lost")
            cutAt = min(cutAt, number)
            breakAfter(noticeUs)
            return
        case .responseLost(let noticeUs): losesResponse = noticeUs
        case .copyDelayed(let byUs, let noticeUs):
            network.timeline.note("\(process.name): \(kind) delayed by \(byUs) us, breaks")
            arrivalUs = nowUs + byUs
            breakAfter(noticeUs)
        case .slow(let byUs): arrivalUs += byUs
        }
        lastArrivalUs = max(lastArrivalUs, arrivalUs)
        network.timeline.at(lastArrivalUs) { [self] in
            arrive(kind, number, call, losesResponse, handle)
        }
    }

    private func arrive<Reply>(
        _ kind: RequestKind, _ number: Int, _ call: Call<Reply>, _ losesResponse: Micros?,
        _ handle: (@escaping (Reply) -> Void) -> Void
    ) {
        guard number < cutAt else { return }
        guard isBrokerThere else { return breakAfter(network.latencyUs()) }
        arrived = number + 1
        handle { [self] reply in
            guard isBrokerThere else { return }
            if let losesResponse {
                network.timeline.note("\(process.name): response to \(kind) lost")
                return breakAfter(losesResponse)
            }
            answer(call, reply)
        }
    }

    private var isBrokerThere: Bool { broker.isUp && broker.boot == boot }

    private func answer<Reply>(_ call: Call<Reply>, _ reply: Reply) {
        lastReplyUs = max(lastReplyUs, network.timeline.nowUs + network.latencyUs())
        network.timeline.at(lastReplyUs) { [self] in
            process.deliver { [self] in
                guard let index = calls.firstIndex(where: { $0 === call }) else { return }
                calls.remove(at: index)
                call.finish(reply)
            }
        }
    }

    /// The client notices after a while that the connection is broken.
    func breakAfter(_ delayUs: Micros) {
        network.timeline.after(delayUs) { [self] in
            process.deliver { [self] in fail() }
        }
    }

    private func fail() {
        guard isOpen else { return }
        isOpen = false
        onBreak(self)
        let broken = calls
        calls = []
        for call in broken { call.fail() }
    }

    /// The client closes it or dies: what is under way arrives up to a point, and nobody waits for answers.
    func abandon(cutting random: RandomStream?) {
        isOpen = false
        calls = []
        guard let random else { return }
        cutAt = min(cutAt, arrived + random.below(sent - arrived + 1))
    }
}
