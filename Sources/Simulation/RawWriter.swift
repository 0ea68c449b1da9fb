/// Writes bytes into memory that was reserved before: no checks, no growth.
///
/// The caller reserves enough for the longest text it can write.
struct RawWriter {
    /// Where the next byte goes.
    var position: UnsafeMutableRawPointer

    @inline(__always)
    mutating func put(_ text: StaticString) {
        position.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        position += text.utf8CodeUnitCount
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        position.storeBytes(of: byte, as: UInt8.self)
        position += 1
    }

    /// The low `digits` (8 or 16) hexadecimal digits of `value`.
    @inline(__always)
    mutating func putHex8(_ value: UInt32) {
        // Spreads eight nibbles over eight bytes, then turns each into its digit, all at once.
        var x = UInt64(value)
        x = (x | (x << 16)) & 0x0000_FFFF_0000_FFFF
        x = (x | (x << 8)) & 0x00FF_00FF_00FF_00FF
        x = (x | (x << 4)) & 0x0F0F_0F0F_0F0F_0F0F
        let above9 = ((x + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        let text = x + 0x3030_3030_3030_3030 + above9 * 0x27
        position.storeBytes(of: text.bigEndian, as: UInt64.self)
        position += 8
    }

    /// Sixteen hexadecimal digits.
    @inline(__always)
    mutating func putHex(_ value: UInt64) {
        putHex8(UInt32(truncatingIfNeeded: value >> 32))
        putHex8(UInt32(truncatingIfNeeded: value))
    }

    /// Twelve hexadecimal digits: the low 48 bits.
    @inline(__always)
    mutating func putHex48(_ value: UInt64) {
        let end = position + 12
        putHex8(UInt32(truncatingIfNeeded: value >> 16))
        putHex8(UInt32(truncatingIfNeeded: value << 16))
        position = end
    }

    /// A decimal number; negative ones with a sign.
    mutating func put(number: Int64) {
        if number < 0 { put(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var digits = 1
        var bound: UInt64 = 10
        while digits < 19, rest >= bound {
            bound *= 10
            digits += 1
        }
        var at = position + digits
        position = at
        repeat {
            let quotient = rest / 10
            at -= 1
            at.storeBytes(
                of: UInt8(truncatingIfNeeded: rest - quotient * 10) + 0x30, as: UInt8.self)
            rest = quotient
        } while rest > 0
    }

    /// A dotted IPv4 address.
    mutating func put(address: UInt32) {
        put(number: Int64(address >> 24))
        put(UInt8(ascii: "."))
        put(number: Int64(address >> 16 & 255))
        put(UInt8(ascii: "."))
        put(number: Int64(address >> 8 & 255))
        put(UInt8(ascii: "."))
        put(number: Int64(address & 255))
    }
}
