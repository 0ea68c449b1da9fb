import Broker
import CRdkafka
import Glibc
import Synchronization

/// What librdkafka's callbacks reach through the client's opaque pointer.
///
/// The counters are atomics and the failure list is under a mutex: callbacks run on the thread that
/// polls, and any thread may poll.
final class CallbackBox: Sendable {
    let hooks: Hooks
    /// Records acknowledged by the brokers.
    let delivered = Atomic<UInt64>(0)
    /// Records given up.
    let failed = Atomic<UInt64>(0)
    /// Connections closed, by whichever side.
    let closedConnections = Atomic<UInt64>(0)
    private let failures = Mutex<[BrokerError]>([])
    private let deliveries = Mutex<[Int: Producer.Fate]>([:])
    private let lastError = Mutex<BrokerError?>(nil)

    /// Failures kept with their text; further ones are only counted.
    static let failuresKept = 16

    init(hooks: Hooks) { self.hooks = hooks }

    func fail(_ error: BrokerError) {
        failed.add(1, ordering: .relaxed)
        failures.withLock { kept in
            if kept.count < CallbackBox.failuresKept { kept.append(error) }
        }
    }

    /// The first failures since the last call.
    func takeFailures() -> [BrokerError] {
        failures.withLock { kept in
            defer { kept.removeAll() }
            return kept
        }
    }

    /// What became of tagged records since the last call, by tag.
    func takeDeliveries() -> [Int: Producer.Fate] {
        deliveries.withLock { tallies in
            defer { tallies.removeAll(keepingCapacity: true) }
            return tallies
        }
    }

    /// "All brokers are down" says less than what went before.
    private func note(_ error: BrokerError) {
        guard error.code.rawValue != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue else { return }
        lastError.withLock { $0 = error }
    }

    /// The client's last error of its own since the last call: what connecting failed of.
    func takeLastError() -> BrokerError? {
        lastError.withLock { error in
            defer { error = nil }
            return error
        }
    }

    private func tally(_ tag: Int, _ error: BrokerError?) {
        deliveries.withLock { tallies in
            var tally = tallies[tag] ?? Producer.Fate()
            if let error {
                tally.failed += 1
                if tally.error == nil { tally.error = error }
            } else {
                tally.delivered += 1
            }
            tallies[tag] = tally
        }
    }

    private static func box(_ opaque: UnsafeMutableRawPointer?) -> CallbackBox? {
        opaque.map { Unmanaged<CallbackBox>.fromOpaque($0).takeUnretainedValue() }
    }

    static let onLog:
        @convention(c) (
            OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?
        ) -> Void = { client, level, facility, text in
            guard let client, let box = box(rd_kafka_opaque(client)) else { return }
            box.hooks.log(
                Hooks.LogLine(
                    level: Int(level), facility: facility.map { String(cString: $0) } ?? "",
                    text: text.map { String(cString: $0) } ?? ""))
        }

    static let onStatistics:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutableRawPointer?
        ) -> Int32 = { _, json, size, opaque in
            if let json {
                box(opaque)?.hooks.statistics(UnsafeRawBufferPointer(start: json, count: size))
            }
            return 0
        }

    static let onDelivery:
        @convention(c) (
            OpaquePointer?, UnsafePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?
        ) -> Void = { _, message, opaque in
            guard let message, let box = box(opaque) else { return }
            let tag = Int(bitPattern: message.pointee._private)
            guard message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else {
                box.delivered.add(1, ordering: .relaxed)
                if tag != 0 { box.tally(tag, nil) }
                return
            }
            let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
            let error = BrokerError(
                code: message.pointee.err.rawValue,
                action: "deliver to \(topic)[\(message.pointee.partition)]")
            box.fail(error)
            if tag != 0 { box.tally(tag, error) }
        }

    /// Closes a connection's socket, and counts it.
    static let onCloseSocket: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Int32 = {
        socket, opaque in
        box(opaque)?.closedConnections.add(1, ordering: .sequentiallyConsistent)
        return close(socket)
    }

    static let onError:
        @convention(c) (
            OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?
        ) -> Void = { _, code, text, opaque in
            guard let box = box(opaque) else { return }
            let text = text.map { String(cString: $0) } ?? ""
            // Delivery reports and the calls themselves carry what matters; this is for the log, and for
            // the reason behind a call that found no broker.
            box.hooks.log(
                Hooks.LogLine(level: 4, facility: BrokerError.name(ofCode: code), text: text))
            box.note(BrokerError(code: code, action: "connect", text: text))
        }
}
