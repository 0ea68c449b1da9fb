import Delivery

/// What every client of the library has: connections that are made when they are needed, with a pause after
/// each that breaks, and requests that are retried by whoever made them.
public class ClientHandle {
    let process: SimProcess
    let settings: ClientSettings
    let cluster: Cluster
    let timeline: Timeline
    let random: RandomStream
    /// Connections that broke so far.
    private(set) var breaks = 0
    private(set) var isClosed = false
    private var links: [CoordinatorLink] = []
    private var connections: [Connection?]
    private var reconnectAtUs: [Micros]
    private var attemptedAtUs: [Micros]
    private var attempts: [Int]

    init(_ process: SimProcess, _ settings: ClientSettings) {
        self.process = process
        self.settings = settings
        cluster = process.cluster
        timeline = process.timeline
        random = process.random
        let count = process.cluster.brokers.count
        connections = Array(repeating: nil, count: count)
        reconnectAtUs = Array(repeating: 0, count: count)
        attemptedAtUs = Array(repeating: .min / 2, count: count)
        attempts = Array(repeating: 0, count: count)
        process.add(self)
    }

    /// Sends a request; `done` is called with nil where nobody knows whether it was carried out, or no connection
    /// could be made. Never called once the handle is closed.
    func call<Reply>(
        _ kind: RequestKind, _ broker: Int,
        handle: @escaping (@escaping (Reply) -> Void) -> Void,
        done: @escaping (Reply?) -> Void
    ) {
        guard !isClosed else { return }
        if let connection = connections[broker] {
            return connection.send(kind, handle: handle, done: done)
        }
        let waitUs = reconnectAtUs[broker] - timeline.nowUs
        guard waitUs <= 0 else {
            return after(waitUs) { [self] in call(kind, broker, handle: handle, done: done) }
        }
        noteAttempt(broker)
        guard cluster.brokers[broker].isUp else {
            return after(2 * process.network.latencyUs()) { done(nil) }
        }
        let connection = Connection(
            process, to: cluster.brokers[broker], network: process.network
        ) { [weak self] connection in self?.broke(connection, broker) }
        connections[broker] = connection
        connection.send(kind, handle: handle, done: done)
    }

    private func broke(_ connection: Connection, _ broker: Int) {
        guard connections[broker] === connection, !isClosed else { return }
        connections[broker] = nil
        breaks += 1
    }

    /// librdkafka pauses between attempts to connect: what breaks after a while is connected anew at once.
    private func noteAttempt(_ broker: Int) {
        let nowUs = timeline.nowUs
        if nowUs - attemptedAtUs[broker] > ms(settings.reconnectBackoffMaxMs) {
            attempts[broker] = 0
        }
        attemptedAtUs[broker] = nowUs
        let doubled = settings.reconnectBackoffMs << Int64(min(attempts[broker], 8))
        attempts[broker] += 1
        let pauseUs = ms(min(doubled, settings.reconnectBackoffMaxMs))
        // Varied from -25 % to +50 %.
        reconnectAtUs[broker] = nowUs + random.pick(pauseUs * 3 / 4...pauseUs * 3 / 2)
    }

    /// Runs `body` in the process after some time, unless the handle is closed by then.
    func after(_ delayUs: Micros, _ body: @escaping () -> Void) {
        process.after(delayUs) { [self] in if !isClosed { body() } }
    }

    /// Closes it: what was sent is carried out, nobody is told.
    func close() {
        isClosed = true
        for connection in connections { connection?.abandon(cutting: nil) }
        connections = connections.map { _ in nil }
        for link in links { link.close() }
        links = []
    }

    /// Whoever waits for a coordinator is forgotten with the handle.
    func add(_ link: CoordinatorLink) { links.append(link) }

    /// A broker to ask for coordinators and metadata: any that is up.
    var anyBroker: Int {
        let start = random.below(cluster.brokers.count)
        for step in 0..<cluster.brokers.count {
            let broker = (start + step) % cluster.brokers.count
            if cluster.brokers[broker].isUp { return broker }
        }
        return start
    }
}
