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

    /// Clamps it to its range. The default is 16 MiB.
    public init(maxBytes: Int = 16 << 20) {
        self.maxBytes = min(max(maxBytes, 1), 64 << 20)
    }
}

/// What a record, or an element of one, turned out to be.
public enum Decoded: Equatable, Sendable {
    /// An event; ``EventDecoder/event`` has it.
    case event
    /// No event, and why.
    case rejected(RejectReason)
    /// Nothing amiss, and nothing of interest: a list without elements, a span that is no request.
    case skipped
}

/// Turns records into events, one at a time, in storage it owns.
///
/// JSON is checked in full (RFC 8259), also where it is not read and however deep it is: simdjson's first stage
/// finds the structural characters, and one walk over them checks the rest and fills the slots of the values
/// that the field map points at. What is *not* checked: in values that are passed over, repeated names, halves
/// of surrogate pairs, and the range of numbers. Bytes that are no UTF-8 become U+FFFD first.
///
/// Only `time` and the account decide whether a record is an event: any other value that cannot be used is left
/// out, and the event says so (``Event/flaws(of:)``). Of several values of one name the last counts.
///
/// Costs: the record is copied once; where names repeat, it is walked once more for each level on which they
/// do. Memory is about 11 bytes per byte of the largest record met (at least 90 kB), of which records without
/// escapes touch 7, and is not given back; nothing is allocated unless a record is larger than all before.
///
/// A record may hold several events: `decode` then returns what its first element is, and `next` what
/// follows. Elements are told apart by ``element``.
///
/// Not for use by two threads at a time.
public struct EventDecoder: ~Copyable, @unchecked Sendable {
    let handle: OpaquePointer
    let slots: UnsafeMutablePointer<sw_event>
    /// The tracked kind whose values are addresses; 64 where none is.
    private let addressKind: Int
    private let addressChoice: AddressChoice
    private let address = UnsafeMutableRawPointer.allocate(
        byteCount: IPAddress.maxTextBytes, alignment: 8)
    let record: UnsafeMutablePointer<sw_record>
    /// How records are encoded.
    public let format: EventFormat
    /// Bounds on what is decoded.
    public let limits: DecoderLimits

    /// A decoder of `format`. For Protobuf `fieldMap` says what counts as missing and which of several
    /// addresses is meant; its pointers are for JSON alone.
    ///
    /// - Throws: what is wrong with the map or the tracked names; fix the configuration.
    public init(
        format: EventFormat = .json, fieldMap: FieldMap = FieldMap(.stillwatch),
        tracked: TrackedNames = TrackedNames(), limits: DecoderLimits = DecoderLimits()
    ) throws(DecoderConfigurationError) {
        let lists: Int32 = fieldMap.readsKeyValueLists ? 1 : 0
        let handle: OpaquePointer = sw_decoder_create(lists)
        do {
            try MapCompiler(decoder: handle, tracked: tracked).compile(fieldMap)
        } catch {
            sw_decoder_destroy(handle)
            throw error
        }
        self.handle = handle
        addressKind = tracked.kinds.firstIndex(of: "ip") ?? Self.noKind
        addressChoice = fieldMap.ipList
        self.slots = sw_decoder_event(handle)
        self.record = sw_decoder_record(handle)
        self.format = format
        self.limits = limits
    }

    deinit {
        sw_decoder_destroy(handle)
        address.deallocate()
    }

    private static let noKind = 64

    /// The event of the last `decode` that returned `.event`; valid until the next `decode`.
    public var event: Event { Event(slots: UnsafeRawPointer(slots)) }

    /// The field that the last rejection is about; nil where none is to blame.
    public var rejectedField: EventField? {
        EventField(rawValue: UInt8(truncatingIfNeeded: slots.pointee.rejected_field))
    }

    /// Whether the record last decoded holds events rather than being one: `next` has more of it.
    @inline(__always)
    public var isSplit: Bool { record.pointee.is_split != 0 }

    /// The number of the element last read among those of its record, from 0; nil where the record is not
    /// taken apart, or is refused as a whole.
    public var element: Int? { isSplit ? Int(record.pointee.element) : nil }

    /// The bytes of the element last read, where there is one; valid until the next `decode`.
    public var elementBytes: ByteSlice? {
        guard isSplit else { return nil }
        let bytes = record.pointee.bytes
        return ByteSlice(start: bytes.start, count: Int(truncatingIfNeeded: bytes.count))
    }

    /// Elements of the record that were passed over so far because they are no requests.
    public var skipped: Int { Int(record.pointee.skipped) }

    /// Whether the last rejection is for a time that names no zone, while the map has none.
    public var lacksZone: Bool {
        record.pointee.lacks_zone != 0 && rejectedField == .time
    }

    /// Reads on in the record last decoded: its next event or refused
    /// element; nil behind the last. Elements that are no requests are passed over.
    public mutating func next() -> Decoded? {
        guard isSplit else { return nil }
        slots.pointee.rejected_field = UInt32(SW_NO_FIELD)
        switch sw_decoder_next_json(handle) {
        case SW_END: return nil
        case SW_OK: return accept()
        case let reason: return .rejected(RejectReason(reason))
        }
    }

    /// Decodes one record's payload; no bytes stand for a tombstone. Allocates nothing once warm.
    public mutating func decode(_ bytes: ByteSlice) -> Decoded {
        slots.pointee.rejected_field = UInt32(SW_NO_FIELD)
        record.pointee.is_split = 0
        if bytes.isEmpty { return .rejected(.empty) }
        if bytes.count > limits.maxBytes { return .rejected(.oversized) }
        let reason: RejectReason?
        switch Frame.find(in: bytes, format: format) {
        case .rejected(let frame): reason = frame
        case .body(let offset):
            let start = bytes.baseAddress.map { $0 + offset }
            let body = ByteSlice(start: start, count: bytes.count - offset)
            if format == .json { return decodeJSON(body) }
            reason = decodeProtobuf(body)
        }
        if let reason { return .rejected(reason) }
        return accept()
    }

    private mutating func decodeJSON(_ body: ByteSlice) -> Decoded {
        let start = body.baseAddress?.assumingMemoryBound(to: UInt8.self)
        switch sw_decoder_decode_json(handle, start, body.count) {
        case SW_OK: return accept()
        case SW_END: return .skipped
        case let reason: return .rejected(RejectReason(reason))
        }
    }

    @inline(__always)
    private mutating func accept() -> Decoded {
        if addressKind < Self.noKind { unifyAddress() }
        return checkRequired()
    }

    /// Gives the address of the event its one spelling; what is no address stays as it is.
    @inline(__always)
    private func unifyAddress() {
        let kinds = slots.pointee.kinds_present
        guard kinds & (1 &<< UInt64(addressKind)) != 0 else { return }
        let place = (kinds & ((1 &<< UInt64(addressKind)) &- 1)).nonzeroBitCount
        let offset = SW_OFFSET_FINGERPRINT_VALUES &+ place &* MemoryLayout<sw_slice>.stride
        let text = UnsafeRawPointer(slots).load(fromByteOffset: offset, as: sw_slice.self)
        if sw_is_dotted(text) == 0 { respell(event.fingerprintValue(place), at: place) }
    }

    @inline(never)
    private func respell(_ text: ByteSlice, at place: Int) {
        guard let found = IPAddress(within: text, last: addressChoice == .last) else { return }
        let count = found.write(into: address)
        let start = address.assumingMemoryBound(to: UInt8.self)
        let offset = SW_OFFSET_FINGERPRINT_VALUES &+ place &* MemoryLayout<sw_slice>.stride
        UnsafeMutableRawPointer(slots).storeBytes(
            of: sw_slice(start: start, count: UInt64(count)), toByteOffset: offset,
            as: sw_slice.self)
    }

    private mutating func checkRequired() -> Decoded {
        let event = event
        if !event.has(.time) {
            let flaws = event.flaws(of: .time)
            let isThere = flaws.contains(.badTime) || flaws.contains(.wrongType)
            return reject(isThere ? .badTime : .missingTime, .time)
        }
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
        case SW_NOT_AN_OBJECT: self = .notAnObject
        case SW_UNKNOWN_SCHEMA: self = .unknownSchema
        case SW_NO_RECORDS: self = .noRecords
        case SW_NO_EMBEDDED: self = .noEmbedded
        default: self = .malformedJSON
        }
    }
}
