import CSimdjson
import Primitives

/// One request, as lent by its decoder: valid until the decoder's next `decode`.
///
/// All accessors are loads from the decoder's slots: no copies, no allocation. Empty texts and JSON nulls
/// count as missing.
public struct Event {
    let slots: UnsafeRawPointer

    init(slots: UnsafeRawPointer) { self.slots = slots }

    @inline(__always)
    private func load<T: BitwiseCopyable>(_ type: T.Type, _ offset: Int, _ index: Int) -> T {
        slots.load(
            fromByteOffset: offset &+ index &* MemoryLayout<T>.stride, as: type)
    }

    @inline(__always)
    private func slice(_ offset: Int, _ index: Int) -> ByteSlice {
        let slot = load(sw_slice.self, offset, index)
        return ByteSlice(start: slot.start, count: Int(truncatingIfNeeded: slot.count))
    }

    private func number(slot: UInt8) -> Int64 {
        load(Int64.self, SW_OFFSET_NUMBERS, Int(slot) &- SW_TEXT_COUNT)
    }

    /// When the request was made.
    public var time: EventTime { EventTime(ms: number(slot: EventField.time.rawValue)) }

    /// Who was billed or limited: 1 ... 256 bytes.
    public var account: ByteSlice { slice(0, 0) }

    /// When the account was created; nil when the event does not say.
    public var accountCreated: EventTime? {
        guard has(.accountCreated) else { return nil }
        return EventTime(ms: number(slot: EventField.accountCreated.rawValue))
    }

    /// Bit `field.rawValue` is set for each field present; what coverage counts.
    public var presentFields: UInt32 { load(UInt32.self, SW_OFFSET_PRESENT, 0) }

    /// Whether the event has `field`. For fingerprints and signals: any, tracked or not.
    public func has(_ field: EventField) -> Bool {
        presentFields & (1 &<< UInt32(field.rawValue)) != 0
    }

    /// An optional text; nil when missing, never empty.
    public func string(_ field: StringField) -> ByteSlice? {
        guard presentFields & (1 &<< UInt32(field.rawValue)) != 0 else { return nil }
        return slice(0, Int(field.rawValue))
    }

    /// An optional number; nil when missing.
    public func number(_ field: NumberField) -> Int64? {
        guard presentFields & (1 &<< UInt32(field.rawValue)) != 0 else { return nil }
        return number(slot: field.rawValue)
    }

    /// How many tracked fingerprints the event has: 0 ... 16.
    public var fingerprintCount: Int {
        Int(load(UInt32.self, SW_OFFSET_FINGERPRINT_COUNT, 0))
    }

    /// The index, among the tracked kinds, of fingerprint `i`; ascending in `i`.
    public func fingerprintKind(_ i: Int) -> Int {
        assert(i >= 0 && i < fingerprintCount, "no such fingerprint")
        return Int(load(UInt8.self, SW_OFFSET_FINGERPRINT_KINDS, i))
    }

    /// The value of fingerprint `i`: 1 ... 512 bytes.
    public func fingerprintValue(_ i: Int) -> ByteSlice {
        assert(i >= 0 && i < fingerprintCount, "no such fingerprint")
        return slice(SW_OFFSET_FINGERPRINT_VALUES, i)
    }

    /// How many tracked signals the event has: 0 ... 16.
    public var signalCount: Int { Int(load(UInt32.self, SW_OFFSET_SIGNAL_COUNT, 0)) }

    /// The index, among the tracked signals, of signal `i`; ascending in `i`.
    public func signalIndex(_ i: Int) -> Int {
        assert(i >= 0 && i < signalCount, "no such signal")
        return Int(load(UInt8.self, SW_OFFSET_SIGNAL_NAMES, i))
    }

    /// Signal `i` as a number: true is 1, false 0, fractions are cut; nil for a text.
    public func signalNumber(_ i: Int) -> Int64? {
        signalIsText(i) ? nil : load(Int64.self, SW_OFFSET_SIGNAL_NUMBERS, i)
    }

    /// Signal `i` as a text, never empty; nil for a number or a bool.
    public func signalText(_ i: Int) -> ByteSlice? {
        signalIsText(i) ? slice(SW_OFFSET_SIGNAL_TEXTS, i) : nil
    }

    private func signalIsText(_ i: Int) -> Bool {
        assert(i >= 0 && i < signalCount, "no such signal")
        return load(UInt32.self, SW_OFFSET_SIGNAL_IS_TEXT, 0) & (1 &<< UInt32(i)) != 0
    }
}
