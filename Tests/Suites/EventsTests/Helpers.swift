import Events
import Primitives
import Testing

/// Decodes a text or bytes and hands the event to `body`.
func decoding(
    _ bytes: [UInt8], with decoder: inout EventDecoder, _ body: (Event) throws -> Void
) rethrows -> Decoded {
    let result = bytes.withUnsafeBytes { decoder.decode($0) }
    if result == .event { try body(decoder.event) }
    return result
}

/// The verdict on a JSON text under a preset.
func verdict(_ json: String, _ preset: FieldMap.Preset = .stillwatch) throws -> Decoded {
    var decoder = try EventDecoder(fieldMap: FieldMap(preset), tracked: .sample)
    return decoding(Array(json.utf8), with: &decoder) { _ in }
}

/// A canonical event with `extra` members in front.
func event(_ extra: String = "") -> String {
    let rest = extra.isEmpty ? "" : extra + ","
    return "{\(rest)\"time\":1780000000000,\"account\":\"a1\"}"
}

extension TrackedNames {
    /// What most tests track.
    static let sample = TrackedNames(
        kinds: ["payment", "device", "ip", "user_agent"], signals: ["score", "task", "flag"])
}

/// The content of a slice as a string.
func text(_ slice: ByteSlice?) -> String? {
    slice.map { String(decoding: $0, as: UTF8.self) }
}

/// An event copied out of its decoder, for comparing.
struct Copied: Equatable, CustomStringConvertible {
    var fields: [String: String] = [:]

    init(_ event: Event, _ tracked: TrackedNames = .sample) {
        fields["time"] = "\(event.time.ms)"
        fields["account"] = text(event.account)
        fields["account_created"] = event.accountCreated.map { "\($0.ms)" }
        for field in StringField.allCases { fields[field.field.name] = text(event.string(field)) }
        for field in NumberField.allCases {
            fields[field.field.name] = event.number(field).map { "\($0)" }
        }
        for i in 0..<event.fingerprintCount {
            let kind = tracked.kinds[event.fingerprintKind(i)]
            fields["fingerprints.\(kind)"] = text(event.fingerprintValue(i))
        }
        for i in 0..<event.signalCount {
            let name = tracked.signals[event.signalIndex(i)]
            fields["signals.\(name)"] = text(event.signalText(i))
        }
    }

    /// One `name=value` a line, sorted.
    var description: String {
        fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
    }
}
