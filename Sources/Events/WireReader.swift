/// Reads the Protobuf wire format front to back; nil stands for bytes that are none.
struct WireReader {
    private(set) var at: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>

    /// The low three bits of a tag.
    enum WireType: UInt8 {
        case varint = 0
        case fixed64, bytes, startGroup, endGroup, fixed32
    }

    /// A field's number and how its value is written.
    struct Tag {
        var number: UInt32
        var type: WireType
    }

    init(start: UnsafePointer<UInt8>, count: Int) {
        at = start
        end = start + count
    }

    var isAtEnd: Bool { at >= end }

    @inline(__always)
    mutating func varint() -> UInt64? {
        guard at < end else { return nil }
        let first = at[0]
        if first < 0x80 {
            at += 1
            return UInt64(first)
        }
        return longVarint()
    }

    private mutating func longVarint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < end, shift < 64 {
            let byte = at[0]
            at += 1
            if shift == 63, byte > 1 { return nil }
            value |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }

    /// The next tag; field numbers are 1 ... 2^29 - 1.
    @inline(__always)
    mutating func tag() -> Tag? {
        guard let coded = varint(), coded <= UInt64(UInt32.max), coded >= 8,
            let type = WireType(rawValue: UInt8(truncatingIfNeeded: coded & 7))
        else { return nil }
        return Tag(number: UInt32(truncatingIfNeeded: coded &>> 3), type: type)
    }

    /// A length and as many bytes, lent from the input.
    @inline(__always)
    mutating func bytes() -> UnsafeBufferPointer<UInt8>? {
        guard let count = varint(), count <= UInt64(end - at) else { return nil }
        defer { at += Int(count) }
        return UnsafeBufferPointer(start: at, count: Int(count))
    }

    mutating func fixed64() -> UInt64? {
        guard end - at >= 8 else { return nil }
        defer { at += 8 }
        return UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
    }

    /// Passes over the value of a field that is not known, groups with all that is in them.
    @inline(__always)
    mutating func skip(_ tag: Tag) -> Bool {
        tag.type == .startGroup ? skipGroup(tag.number) : skipValue(tag)
    }

    private mutating func skipValue(_ tag: Tag) -> Bool {
        switch tag.type {
        case .varint: varint() != nil
        case .fixed64: advance(8)
        case .bytes: bytes() != nil
        case .fixed32: advance(4)
        case .startGroup, .endGroup: false
        }
    }

    /// Groups may be nested as deep as they like: within the group only their depth is kept, so that the
    /// number of an inner one's end is not compared with that of its beginning.
    private mutating func skipGroup(_ number: UInt32) -> Bool {
        var depth = 1
        while let tag = tag() {
            switch tag.type {
            case .startGroup: depth += 1
            case .endGroup:
                depth -= 1
                if depth == 0 { return tag.number == number }
            default:
                guard skipValue(tag) else { return false }
            }
        }
        return false
    }

    private mutating func advance(_ count: Int) -> Bool {
        guard end - at >= count else { return false }
        at += count
        return true
    }
}
