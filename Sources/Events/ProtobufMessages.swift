import CSimdjson

/// An entry of a map whose keys are texts: `key = 1`, `value = 2`, both with an empty default.
///
/// Where a message value comes in several pieces, the last piece is read: writers never split one.
struct MapEntry {
    private(set) var key = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private(set) var value = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Whether the key or the value is also there in another wire type.
    private(set) var isOdd = false

    /// Nil when the bytes are no message.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        key = UnsafeBufferPointer(start: start, count: 0)
        value = key
        var reader = WireReader(start: start, count: bytes.count)
        while !reader.isAtEnd {
            guard let tag = reader.tag() else { return nil }
            if tag.type == .bytes, tag.number <= 2 {
                guard let content = reader.bytes() else { return nil }
                if tag.number == 1 { key = content } else { value = content }
            } else {
                if tag.number <= 2 { isOdd = true }
                guard reader.skip(tag) else { return nil }
            }
        }
    }
}

/// What a `Signal` says: the last member of its `oneof`.
enum SignalMessage {
    case none
    case wrongType
    case flag(Bool)
    case integer(Int64)
    case double(Double)
    case text(UnsafeBufferPointer<UInt8>)

    /// Nil when the bytes are no message.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        self = .none
        guard let start = bytes.baseAddress else { return }
        var reader = WireReader(start: start, count: bytes.count)
        while !reader.isAtEnd {
            guard let tag = reader.tag() else { return nil }
            switch (tag.number, tag.type) {
            case (1, .varint):
                guard let flag = reader.varint() else { return nil }
                self = .flag(flag != 0)
            case (2, .varint):
                guard let coded = reader.varint() else { return nil }
                self = .integer(Int64(bitPattern: coded >> 1) ^ -Int64(bitPattern: coded & 1))
            case (3, .fixed64):
                guard let bits = reader.fixed64() else { return nil }
                self = .double(Double(bitPattern: bits))
            case (4, .bytes):
                guard let text = reader.bytes() else { return nil }
                self = .text(text)
            default:
                guard reader.skip(tag) else { return nil }
                if tag.number <= 4 { self = .wrongType }
            }
        }
    }
}
