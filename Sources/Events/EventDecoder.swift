import CSimdjson
import Primitives

/// How records are encoded.
public enum EventFormat: String, CaseIterable, Sendable {
    /// One JSON object a record, read through a ``FieldMap``.
    case json
    /// One `stillwatch.v1.RequestEvent` a record.
    case protobuf
}

/// Bounds on what is decoded.
public struct DecoderLimits: Equatable, Sendable {
    /// The largest record, in bytes, frame included; 1 ... 64 MiB.
    public var maxBytes: Int
    /// The deepest nesting of objects and arrays (of groups in Protobuf); 1 ... 64.
    public var maxDepth: Int

    /// Clamps both to their ranges. The defaults are 1 MiB and 64.
    public init(maxBytes: Int = 1 << 20, maxDepth: Int = 64) {
        self.maxBytes = min(max(maxBytes, 1), 64 << 20)
        self.maxDepth = min(max(maxDepth, 1), 64)
    }
}

/// What a record turned out to be.
public enum Decoded: Equatable, Sendable {
    /// An event; ``EventDecoder/event`` has it.
    case event
    /// No event, and why.
    case rejected(RejectReason)
}

/// Turns records into events, one at a time, in storage it owns.
///
/// JSON is checked in full (RFC 8259), also where it is not read: simdjson's first stage checks UTF-8 and
/// finds the structural characters, and one walk over them checks the rest and fills the slots of the
/// values that the field map points at. What is *not* checked: in values that are passed over, duplicate
/// names, halves of surrogate pairs, and the range of numbers; in objects that are read, the names that no
/// pointer asks for may repeat. A repeated name that a pointer asks for is rejected.
///
/// Costs: the record is copied once. Memory is about 6.5 bytes per byte of the largest record met (at
/// least 60 kB) and is not given back; nothing is allocated unless a record is larger than all before.
///
/// Not for use by two threads at a time.
public struct EventDecoder: ~Copyable, @unchecked Sendable {
    let handle: OpaquePointer
    let slots: UnsafeMutablePointer<sw_event>
    /// How records are encoded.
    public let format: EventFormat
    /// Bounds on what is decoded.
    public let limits: DecoderLimits

    /// A decoder of `format`; `fieldMap` matters for JSON alone.
    ///
    /// - Throws: what is wrong with the map or the tracked names; fix the configuration.
    public init(
        format: EventFormat = .json, fieldMap: FieldMap = FieldMap(.stillwatch),
        tracked: TrackedNames = TrackedNames(), limits: DecoderLimits = DecoderLimits()
    ) throws(DecoderConfigurationError) {
        let lists: Int32 = fieldMap.readsKeyValueLists ? 1 : 0
        let handle: OpaquePointer = sw_decoder_create(UInt32(limits.maxDepth), lists)
        do {
            try MapCompiler(decoder: handle, tracked: tracked).compile(fieldMap)
        } catch {
            sw_decoder_destroy(handle)
            throw error
        }
        self.handle = handle
        self.slots = sw_decoder_event(handle)
        self.format = format
        self.limits = limits
    }

    deinit { sw_decoder_destroy(handle) }

    /// The event of the last `decode` that returned `.event`; valid until the next `decode`.
    public var event: Event { Event(slots: UnsafeRawPointer(slots)) }

    /// The field that the last rejection is about; nil where none is to blame.
    public var rejectedField: EventField? {
        EventField(rawValue: UInt8(truncatingIfNeeded: slots.pointee.rejected_field))
    }

    /// Decodes one record's payload; no bytes stand for a tombstone. Allocates nothing once warm.
    public mutating func decode(_ bytes: ByteSlice) -> Decoded {
        slots.pointee.rejected_field = UInt32(SW_NO_FIELD)
        if bytes.isEmpty { return .rejected(.empty) }
        if bytes.count > limits.maxBytes { return .rejected(.oversized) }
        let reason: RejectReason?
        switch Frame.find(in: bytes, format: format) {
        case .rejected(let frame): reason = frame
        case .body(let offset):
            let start = bytes.baseAddress.map { $0 + offset }
            let body = ByteSlice(start: start, count: bytes.count - offset)
            reason = format == .json ? decodeJSON(body) : decodeProtobuf(body)
        }
        if let reason { return .rejected(reason) }
        return checkRequired()
    }

    private mutating func decodeJSON(_ body: ByteSlice) -> RejectReason? {
        let start = body.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let reason = sw_decoder_decode_json(handle, start, body.count)
        return reason == SW_OK ? nil : RejectReason(reason)
    }

    private mutating func checkRequired() -> Decoded {
        let event = event
        if !event.has(.time) { return reject(.missingTime, .time) }
        if !event.has(.account) { return reject(.missingAccount, .account) }
        return .event
    }

    private mutating func reject(_ reason: RejectReason, _ field: EventField) -> Decoded {
        slots.pointee.rejected_field = UInt32(field.rawValue)
        return .rejected(reason)
    }
}

extension RejectReason {
    /// The reason behind a code of the C decoder.
    init(_ code: sw_reason) {
        switch code {
        case SW_INVALID_UTF8: self = .invalidUTF8
        case SW_TOO_DEEP: self = .tooDeep
        case SW_NOT_AN_OBJECT: self = .notAnObject
        case SW_BAD_TIME: self = .badTime
        case SW_ACCOUNT_LENGTH: self = .accountLength
        case SW_WRONG_TYPE: self = .wrongType
        case SW_NEGATIVE_NUMBER: self = .negativeNumber
        case SW_NUMBER_RANGE: self = .numberRange
        case SW_TOO_MANY_FINGERPRINTS: self = .tooManyFingerprints
        case SW_FINGERPRINT_LENGTH: self = .fingerprintLength
        case SW_TOO_MANY_SIGNALS: self = .tooManySignals
        case SW_DUPLICATE_FIELD: self = .duplicateField
        case SW_UNKNOWN_SCHEMA: self = .unknownSchema
        default: self = .malformedJSON
        }
    }
}
