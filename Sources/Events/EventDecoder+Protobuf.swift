import CSimdjson
import Primitives

/// Protobuf as the specification of proto3 has it: the last value of a field wins, entries of a map with
/// the same key replace each other, unknown fields and fields of another wire type are passed over.
extension EventDecoder {
    mutating func decodeProtobuf(_ body: ByteSlice) -> RejectReason? {
        let source = body.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start = sw_decoder_load(handle, source, body.count) else { return .oversized }
        var message = WireReader(start: start, count: body.count)
        var items = (fingerprints: 0, signals: 0)
        while !message.isAtEnd {
            guard let tag = message.tag() else { return .badProtobuf }
            if let reason = take(tag, from: &message, &items) { return reason }
        }
        sw_decoder_finish(handle)
        return nil
    }

    private mutating func take(
        _ tag: WireReader.Tag, from message: inout WireReader,
        _ items: inout (fingerprints: Int, signals: Int)
    ) -> RejectReason? {
        guard let field = EventField(protobuf: tag.number), tag.type == field.wireType else {
            return message.skip(tag, depth: limits.maxDepth) ? nil : .badProtobuf
        }
        if tag.type == .varint {
            guard let value = message.varint() else { return .badProtobuf }
            return store(Int64(bitPattern: value), in: field)
        }
        guard let content = message.bytes() else { return .badProtobuf }
        switch field {
        case .fingerprints:
            items.fingerprints += 1
            if items.fingerprints > SW_MAX_ITEMS { return blame(field, .tooManyFingerprints) }
            return takeFingerprint(content)
        case .signals:
            items.signals += 1
            if items.signals > SW_MAX_ITEMS { return blame(field, .tooManySignals) }
            return takeSignal(content)
        default: return store(content, in: field)
        }
    }

    private mutating func takeFingerprint(_ entry: UnsafeBufferPointer<UInt8>) -> RejectReason? {
        guard let pair = MapEntry(entry, maxDepth: limits.maxDepth) else { return .badProtobuf }
        let value = pair.value
        if value.count > SW_MAX_FINGERPRINT_BYTES {
            return blame(.fingerprints, .fingerprintLength)
        }
        guard isUTF8(pair.key), isUTF8(value) else { return blame(.fingerprints, .invalidUTF8) }
        if !value.isEmpty { mark(.fingerprints) }
        let kind = find(pair.key, .fingerprints)
        guard kind != UInt32(SW_UNTRACKED) else { return nil }
        if value.isEmpty {
            sw_decoder_drop(handle, EventField.fingerprints.rawValue, kind)
        } else {
            sw_decoder_put_fingerprint(handle, kind, slice(value))
        }
        return nil
    }

    private mutating func takeSignal(_ entry: UnsafeBufferPointer<UInt8>) -> RejectReason? {
        guard let pair = MapEntry(entry, maxDepth: limits.maxDepth),
            let signal = SignalMessage(pair.value, maxDepth: limits.maxDepth)
        else { return .badProtobuf }
        guard isUTF8(pair.key) else { return blame(.signals, .invalidUTF8) }
        let name = find(pair.key, .signals)
        let isTracked = name != UInt32(SW_UNTRACKED)
        switch signal {
        case .none:
            if isTracked { sw_decoder_drop(handle, EventField.signals.rawValue, name) }
            return nil
        case .outOfRange: return blame(.signals, .numberRange)
        case .number(let number):
            if isTracked { sw_decoder_put_signal(handle, name, number, sw_slice()) }
        case .text(let text):
            guard isUTF8(text) else { return blame(.signals, .invalidUTF8) }
            if isTracked { sw_decoder_put_signal(handle, name, 0, slice(text)) }
        }
        mark(.signals)
        return nil
    }

    private mutating func store(
        _ text: UnsafeBufferPointer<UInt8>, in field: EventField
    ) -> RejectReason? {
        guard isUTF8(text) else { return blame(field, .invalidUTF8) }
        if field == .account, text.isEmpty || text.count > SW_MAX_ACCOUNT_BYTES {
            return blame(field, .accountLength)
        }
        if text.isEmpty {
            slots.pointee.present &= ~(1 &<< UInt32(field.rawValue))
            return nil
        }
        let offset = Int(field.rawValue) &* MemoryLayout<sw_slice>.stride
        UnsafeMutableRawPointer(slots).storeBytes(
            of: slice(text), toByteOffset: offset, as: sw_slice.self)
        mark(field)
        return nil
    }

    private mutating func store(_ number: Int64, in field: EventField) -> RejectReason? {
        if field == .time || field == .accountCreated {
            guard number >= SW_MIN_TIME_MS, number < SW_MAX_TIME_MS else {
                return blame(field, .badTime)
            }
        } else {
            let isSigned = field == .status || field == .turn
            if number < 0, !isSigned { return blame(field, .negativeNumber) }
            guard number <= SW_MAX_NUMBER, number >= -SW_MAX_NUMBER else {
                return blame(field, .numberRange)
            }
        }
        let index = Int(field.rawValue) &- SW_TEXT_COUNT
        let offset =
            SW_OFFSET_NUMBERS &+ index &* MemoryLayout<Int64>.stride
        UnsafeMutableRawPointer(slots).storeBytes(
            of: number, toByteOffset: offset, as: Int64.self)
        mark(field)
        return nil
    }

    private func mark(_ field: EventField) {
        slots.pointee.present |= 1 &<< UInt32(field.rawValue)
    }

    private func blame(_ field: EventField, _ reason: RejectReason) -> RejectReason {
        slots.pointee.rejected_field = UInt32(field.rawValue)
        return reason
    }

    private func find(_ name: UnsafeBufferPointer<UInt8>, _ field: EventField) -> UInt32 {
        sw_decoder_find(handle, field.rawValue, name.baseAddress, name.count)
    }

    private func slice(_ bytes: UnsafeBufferPointer<UInt8>) -> sw_slice {
        sw_slice(start: bytes.baseAddress, count: UInt64(bytes.count))
    }

    /// Looks at eight bytes at a time, the last ones with up to seven of what follows in the scratch; only
    /// bytes beyond ASCII need the full check.
    private func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return true }
        let raw = UnsafeRawPointer(start)
        var high: UInt64 = 0
        var at = 0
        while at + 8 < bytes.count {
            high |= raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            at += 8
        }
        let last = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        high |= last &<< UInt64(8 &* (8 &- (bytes.count &- at)))
        return high & 0x8080_8080_8080_8080 == 0 || sw_valid_utf8(start, bytes.count) != 0
    }
}

extension EventField {
    /// The field with this number in `stillwatch.proto`.
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
