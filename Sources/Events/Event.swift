import CSimdjson
import Primitives

/// One request, as lent by its decoder: valid until the decoder's next `decode`.
///
/// All accessors are loads from the decoder's slots: no copies, no allocation. Empty texts, placeholders and JSON
/// nulls count as missing, and so do values that cannot be used.
public struct Event {
    @usableFromInline let slots: UnsafeRawPointer

    init(slots: UnsafeRawPointer) { self.slots = slots }

    @inlinable @inline(__always)
    func load<T: BitwiseCopyable>(_ type: T.Type, _ offset: Int, _ index: Int) -> T {
        slots.load(
            fromByteOffset: offset &+ index &* MemoryLayout<T>.stride, as: type)
    }

    @inlinable @inline(__always)
    func slice(_ offset: Int, _ index: Int) -> ByteSlice {
        let slot = load(sw_slice.self, offset, index)
        return ByteSlice(start: slot.start, count: Int(truncatingIfNeeded: slot.count))
    }

    @inlinable @inline(__always)
    func number(slot: UInt8) -> Int64 {
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
    @inlinable public var presentFields: UInt32 { load(UInt32.self, SW_OFFSET_PRESENT, 0) }

    /// Bit `field.rawValue` is set for each field with a flaw.
    @inlinable public var flawedFields: UInt32 { load(UInt32.self, SW_OFFSET_FLAWED, 0) }

    /// What is wrong with the values the record has for `field`.
    public func flaws(of field: EventField) -> FieldFlaws {
        guard flawedFields & (1 &<< UInt32(field.rawValue)) != 0 else { return [] }
        return FieldFlaws(rawValue: load(UInt16.self, SW_OFFSET_FLAWS, Int(field.rawValue)))
    }

    /// Bit `k` is set where the event has a fingerprint of tracked kind `k`.
    @inlinable public var trackedKinds: UInt64 { load(UInt64.self, SW_OFFSET_KINDS_PRESENT, 0) }

    /// Bit `s` is set where the event has tracked signal `s`.
    @inlinable public var trackedSignals: UInt64 { load(UInt64.self, SW_OFFSET_SIGNALS_PRESENT, 0) }

    /// Whether the event has `field`. For fingerprints and signals: any, tracked or not.
    @inlinable @inline(__always)
    public func has(_ field: EventField) -> Bool {
        presentFields & (1 &<< UInt32(field.rawValue)) != 0
    }

    /// An optional text; nil when missing, never empty.
    @inlinable @inline(__always)
    public func string(_ field: StringField) -> ByteSlice? {
        guard presentFields & (1 &<< UInt32(field.rawValue)) != 0 else { return nil }
        return slice(0, Int(field.rawValue))
    }

    /// An optional number; nil when missing.
    @inlinable @inline(__always)
    public func number(_ field: NumberField) -> Int64? {
        guard presentFields & (1 &<< UInt32(field.rawValue)) != 0 else { return nil }
        return number(slot: field.rawValue)
    }

    /// How many tracked fingerprints the event has: 0 ... 64.
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

    /// How many tracked signals the event has: 0 ... 64.
    public var signalCount: Int { Int(load(UInt32.self, SW_OFFSET_SIGNAL_COUNT, 0)) }

    /// The index, among the tracked signals, of signal `i`; ascending in `i`.
    public func signalIndex(_ i: Int) -> Int {
        assert(i >= 0 && i < signalCount, "no such signal")
        return Int(load(UInt8.self, SW_OFFSET_SIGNAL_NAMES, i))
    }

    /// Signal `i` as a number, in thousandths: rounded to the nearest, true is 1,000 and false 0, at most
    /// 4,294,967,295,000 either way; nil for a text that is no number.
    public func signalThousandths(_ i: Int) -> Int64? {
        assert(i >= 0 && i < signalCount, "no such signal")
        let isNumber = load(UInt64.self, SW_OFFSET_SIGNAL_IS_NUMBER, 0) & (1 &<< UInt64(i)) != 0
        return isNumber ? load(Int64.self, SW_OFFSET_SIGNAL_NUMBERS, i) : nil
    }

    /// Signal `i` as a text of 1 ... 512 bytes; numbers as they are spelled without an exponent, booleans as
    /// `true` and `false`.
    public func signalText(_ i: Int) -> ByteSlice {
        assert(i >= 0 && i < signalCount, "no such signal")
        return slice(SW_OFFSET_SIGNAL_TEXTS, i)
    }
}
