import CRdkafka
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
    private let failures = Mutex<[KafkaError]>([])

    /// Failures kept with their text; further ones are only counted.
    static let failuresKept = 16

    init(hooks: Hooks) { self.hooks = hooks }

    func fail(_ error: KafkaError) {
        failed.add(1, ordering: .relaxed)
        failures.withLock { kept in
            if kept.count < CallbackBox.failuresKept { kept.append(error) }
        }
    }

    /// The first failures since the last call.
    func takeFailures() -> [KafkaError] {
        failures.withLock { kept in
            defer { kept.removeAll() }
            return kept
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
            guard message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else {
                box.delivered.add(1, ordering: .relaxed)
                return
            }
            let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
            box.fail(
                KafkaError(
                    code: message.pointee.err.rawValue,
                    action: "deliver to \(topic)[\(message.pointee.partition)]"))
        }

    static let onError:
        @convention(c) (
            OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?
        ) -> Void = { _, code, text, opaque in
            // Delivery reports and the calls themselves carry what matters; this is for the log.
            box(opaque)?.hooks.log(
                Hooks.LogLine(
                    level: 4, facility: KafkaError.name(ofCode: code),
                    text: text.map { String(cString: $0) } ?? ""))
        }
}
