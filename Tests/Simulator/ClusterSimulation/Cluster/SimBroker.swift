/// A broker: up or down, and the connections to it.
public final class SimBroker {
    /// Its number.
    public let id: Int
    /// Whether it answers.
    public private(set) var isUp = true
    /// Counts starts: connections to an earlier one are broken.
    private(set) var boot = 0
    private var connections: [Connection] = []

    init(id: Int) { self.id = id }

    func add(_ connection: Connection) {
        if connections.count >= 64 { connections.removeAll { !$0.isOpen } }
        connections.append(connection)
    }

    /// Stops; clients notice soon that their connections are gone.
    func stop(noticeUs: () -> Micros) {
        isUp = false
        boot += 1
        let broken = connections
        connections = []
        for connection in broken where connection.isOpen { connection.breakAfter(noticeUs()) }
    }

    func start() { isUp = true }

    /// Drops its connections: the end of the world.
    func close() { connections = [] }
}
