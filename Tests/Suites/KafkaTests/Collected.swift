import Kafka
import Synchronization

/// What hooks were given, from whatever thread.
final class Collected: Sendable {
    private let state = Mutex((lines: 0, statistics: ""))

    func add(line: Hooks.LogLine) { state.withLock { $0.lines += 1 } }

    func add(statistics: UnsafeRawBufferPointer) {
        let text = String(decoding: statistics, as: UTF8.self)
        state.withLock { $0.statistics = text }
    }

    func clear() { state.withLock { $0 = (0, "") } }

    var lines: Int { state.withLock { $0.lines } }
    var statistics: String { state.withLock { $0.statistics } }
}
