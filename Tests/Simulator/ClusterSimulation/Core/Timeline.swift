/// Virtual microseconds.
public typealias Micros = Int64

/// Milliseconds as microseconds.
public func ms(_ count: Int64) -> Micros { count * 1000 }

/// Virtual time: a clock that jumps from one event to the next, and the seeded randomness behind them.
///
/// Everything in a simulated world happens in an event, one at a time. The same seed gives the same events.
public final class Timeline {
    /// A concern with randomness of its own.
    public enum Concern: UInt64, CaseIterable, Sendable {
        /// Latencies, and what becomes of requests.
        case network = 1
        /// Brokers: replication, elections, delays of markers.
        case brokers
        /// Ids given out.
        case ids
        /// Clients: back-offs and their jitter.
        case clients
        /// When threads of processes get to run.
        case threads
        /// Choices of the fault calls.
        case faults
    }

    /// The time now.
    public private(set) var nowUs: Micros = 0
    /// Events so far.
    public private(set) var eventCount = 0
    /// The last events as text.
    public let trace: Trace
    /// A digest of everything that happened so far: equal for equal runs.
    public private(set) var fingerprint: UInt64
    /// The seed of all randomness.
    public let seed: UInt64
    private var heap = EventHeap()
    private let streams: [RandomStream]

    init(seed: UInt64, traceCapacity: Int) {
        self.seed = seed
        trace = Trace(capacity: traceCapacity)
        fingerprint = seed
        streams = Concern.allCases.map { RandomStream(seed: seed, salt: $0.rawValue) }
    }

    /// The time now, in milliseconds.
    public var nowMs: Int64 { nowUs / 1000 }

    /// The numbers of a concern.
    public func random(_ concern: Concern) -> RandomStream { streams[Int(concern.rawValue) - 1] }

    /// Lets `action` happen at a time; not before the present event is over.
    public func at(_ timeUs: Micros, _ action: @escaping () -> Void) {
        heap.add(at: max(timeUs, nowUs), action)
    }

    /// Lets `action` happen after some time.
    public func after(_ delayUs: Micros, _ action: @escaping () -> Void) {
        heap.add(at: nowUs + max(0, delayUs), action)
    }

    /// Lets the next event happen, if there is one up to a time; false where there is none.
    public func step(untilUs limitUs: Micros) -> Bool {
        guard let nextUs = heap.nextTimeUs, nextUs <= limitUs, let event = heap.take() else {
            return false
        }
        nowUs = event.timeUs
        eventCount += 1
        mix(UInt64(bitPattern: event.timeUs) ^ (event.sequence << 40))
        event.action()
        return true
    }

    /// Lets everything happen up to a time, which is the time then.
    public func run(untilUs limitUs: Micros) {
        while step(untilUs: limitUs) {}
        nowUs = max(nowUs, limitUs)
    }

    /// Adds what happened to the fingerprint.
    func mix(_ value: UInt64) {
        fingerprint = (fingerprint ^ value) &* 0x100_0000_01B3
        fingerprint ^= fingerprint >> 29
    }

    /// Records a line of the trace, if it is on.
    public func note(_ text: @autoclosure () -> String) {
        if trace.isOn { trace.record(nowUs, text()) }
    }

    /// Drops every pending event: the end of the world.
    func clear() { heap.removeAll() }
}
