import CSimdjson
import Primitives

/// Protobuf as the specification of proto3 has it: the last value of a field wins, entries of a map with
/// the same key replace each other, unknown fields are passed over. A field of another wire type is left out.
///
/// Only bytes that are no message refuse a record. A fingerprint or signal that is none is left out.
extension EventDecoder {
    mutating func decodeProtobuf(_ body: ByteSlice) -> RejectReason? {
        let source = body.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start = sw_decoder_load(handle, source, body.count) else { return .oversized }
        var message = WireReader(start: start, count: body.count)
        while !message.isAtEnd {
            guard let tag = message.tag(), take(tag, from: &message) else { return .badProtobuf }
        }
        sw_decoder_finish(handle)
        return nil
    }

    /// Reads one field; false where the bytes are no message.
    private mutating func take(_ tag: WireReader.Tag, from message: inout WireReader) -> Bool {
        guard let field = EventField(protobuf: tag.number) else { return message.skip(tag) }
        guard tag.type == field.wireType else {
            sw_decoder_flaw(handle, field.rawValue, SW_FLAW_WRONG_TYPE)
            return message.skip(tag)
        }
        if tag.type == .varint {
            guard let value = message.varint() else { return false }
            sw_decoder_fill_integer(handle, field.rawValue, 0, Int64(bitPattern: value))
            return true
        }
        guard let content = message.bytes() else { return false }
        switch field {
        case .fingerprints: takeFingerprint(content)
        case .signals: takeSignal(content)
        default:
            sw_decoder_fill_text(handle, field.rawValue, 0, slice(content))
        }
        return true
    }

    private mutating func takeFingerprint(_ entry: UnsafeBufferPointer<UInt8>) {
        let field = EventField.fingerprints
        guard let pair = MapEntry(entry) else {
            return sw_decoder_flaw(handle, field.rawValue, SW_FLAW_WRONG_TYPE)
        }
        if pair.isOdd { sw_decoder_flaw(handle, field.rawValue, SW_FLAW_WRONG_TYPE) }
        let kind = find(pair.key, field)
        sw_decoder_fill_text(handle, field.rawValue, kind, slice(pair.value))
    }

    private mutating func takeSignal(_ entry: UnsafeBufferPointer<UInt8>) {
        let field = EventField.signals
        guard let pair = MapEntry(entry), let signal = SignalMessage(pair.value) else {
            return sw_decoder_flaw(handle, field.rawValue, SW_FLAW_WRONG_TYPE)
        }
        if pair.isOdd { sw_decoder_flaw(handle, field.rawValue, SW_FLAW_WRONG_TYPE) }
        let name = find(pair.key, field)
        switch signal {
        case .none: sw_decoder_forget(handle, field.rawValue, name)
        case .wrongType:
            sw_decoder_forget(handle, field.rawValue, name)
            sw_decoder_flaw(handle, field.rawValue, SW_FLAW_WRONG_TYPE)
        case .flag(let flag):
            sw_decoder_fill_bool(handle, field.rawValue, name, flag ? 1 : 0)
        case .integer(let number):
            sw_decoder_fill_integer(handle, field.rawValue, name, number)
        case .double(let number):
            sw_decoder_fill_double(handle, field.rawValue, name, number)
        case .text(let text):
            sw_decoder_fill_text(handle, field.rawValue, name, slice(text))
        }
    }

    private func find(_ name: UnsafeBufferPointer<UInt8>, _ field: EventField) -> UInt8 {
        let index = sw_decoder_find(handle, field.rawValue, name.baseAddress, name.count)
        return UInt8(truncatingIfNeeded: index)
    }

    private func slice(_ bytes: UnsafeBufferPointer<UInt8>) -> sw_slice {
        sw_slice(start: bytes.baseAddress, count: UInt64(bytes.count))
    }
}

extension EventField {
    /// The field with this number in `stillwatch.proto`.
    @inline(__always)
    fileprivate init?(protobuf number: UInt32) {
        switch number {
        case 1: self = .time
        case 2: self = .account
        case 3: self = .fingerprints
        case 4: self = .signals
        case 5: self = .inputTokens
        case 6: self = .outputTokens
        case 7: self = .status
        case 8: self = .model
        case 9: self = .organization
        case 10: self = .apiKey
        case 11: self = .session
        case 12: self = .id
        case 13: self = .operation
        case 14: self = .accessPath
        case 15: self = .plan
        case 16: self = .endUser
        case 17: self = .turn
        case 18: self = .cachedTokens
        case 19: self = .reasoningTokens
        case 20: self = .maxTokens
        case 21: self = .latencyMs
        case 22: self = .accountCreated
        default: return nil
        }
    }

    /// How `stillwatch.proto` writes the field.
    fileprivate var wireType: WireReader.WireType {
        rawValue >= EventField.status.rawValue && rawValue <= EventField.accountCreated.rawValue
            ? .varint : .bytes
    }
}
