/// A client's way to a coordinator: finds it, and finds it again when it moved or does not answer.
final class CoordinatorLink {
    private unowned let handle: ClientHandle
    private let find: () -> Int?
    private var broker: Int?
    private var isAsking = false
    private var waiting: [(Int) -> Void] = []

    /// - Parameter find: the coordinator as brokers know it.
    init(_ handle: ClientHandle, find: @escaping () -> Int?) {
        self.handle = handle
        self.find = find
        handle.add(self)
    }

    func close() { waiting = [] }

    /// The coordinator, if it is known.
    var known: Int? { broker }

    /// Forgets the coordinator: it is somewhere else, or unreachable.
    func forget() { broker = nil }

    /// Calls back with the coordinator, at once if it is known.
    func whenKnown(_ body: @escaping (Int) -> Void) {
        if let broker { return body(broker) }
        waiting.append(body)
        ask()
    }

    private func ask() {
        guard !isAsking else { return }
        isAsking = true
        handle.call(.findCoordinator, handle.anyBroker) { [find] reply in
            reply(find())
        } done: { [self] (found: Int??) in
            isAsking = false
            guard let coordinator = found ?? nil else {
                return handle.after(ms(handle.settings.coordinatorQueryMs)) { [self] in
                    if !waiting.isEmpty { ask() }
                }
            }
            broker = coordinator
            let bodies = waiting
            waiting = []
            for body in bodies { body(coordinator) }
        }
    }

    /// Sends a request to the coordinator. Where that is not the one any more, or does not answer, it is forgotten;
    /// the caller decides whether to repeat.
    func call<Reply>(
        _ kind: RequestKind, handle body: @escaping (Int, @escaping (Reply) -> Void) -> Void,
        done: @escaping (Reply?) -> Void
    ) {
        whenKnown { [self] broker in
            handle.call(kind, broker) { reply in
                body(broker, reply)
            } done: { [self] (reply: Reply?) in
                if reply == nil { forget() }
                done(reply)
            }
        }
    }

    /// Whether an error says to look for the coordinator again; it is forgotten then.
    func isElsewhere(_ error: ErrorCode?) -> Bool {
        guard error == .notCoordinator || error == .coordinatorNotAvailable else { return false }
        forget()
        return true
    }
}
