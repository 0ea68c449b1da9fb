/// Writes one JSON text, front to back, into a byte buffer: compact, keys in the order written.
///
/// The caller keeps the nesting right; commas are the writer's. Numbers are written so that equal values
/// give equal bytes: integers in decimal, doubles in Swift's shortest round-trip form, whole doubles below
/// 2^53 without a fraction, and values JSON cannot express (NaN, infinities) as `null`.
public struct JSONWriter: ~Copyable {
    /// The text so far.
    public var buffer: ByteBuffer
    private var needsComma = false

    /// A writer with room for `capacity` bytes before the first growth.
    public init(capacity: Int = 1024) { buffer = ByteBuffer(capacity: capacity) }

    /// Forgets the content and keeps the memory.
    public mutating func removeAll() {
        buffer.removeAll()
        needsComma = false
    }

    /// Ends the line: the next value starts a new JSON text.
    public mutating func newline() {
        buffer.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
    }

    /// Opens an object.
    public mutating func beginObject() {
        separate()
        buffer.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Closes an object.
    public mutating func endObject() {
        buffer.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Opens an array.
    public mutating func beginArray() {
        separate()
        buffer.append(UInt8(ascii: "["))
        needsComma = false
    }

    /// Closes an array.
    public mutating func endArray() {
        buffer.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes a key that needs no escaping; a value follows.
    public mutating func key(_ name: StaticString) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(name)
        buffer.append("\":")
        needsComma = false
    }

    /// Writes a key; a value follows.
    public mutating func key(_ name: String) {
        value(name)
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string; invalid UTF-8 becomes U+FFFD.
    public mutating func value(_ text: String) {
        var text = text
        text.withUTF8 { quoted(ByteSlice($0)) }
    }

    /// Writes UTF-8 bytes as a string; invalid UTF-8 becomes U+FFFD.
    public mutating func value(utf8 bytes: ByteSlice) {
        if String(validating: bytes, as: UTF8.self) != nil {
            quoted(bytes)
        } else {
            value(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Writes an integer.
    public mutating func value(_ number: Int64) {
        separate()
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { space in
            var rest = number.magnitude
            var start = space.count
            repeat {
                start -= 1
                space[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                start -= 1
                space[start] = UInt8(ascii: "-")
            }
            buffer.append(ByteSlice(rebasing: UnsafeRawBufferPointer(space)[start...]))
        }
        needsComma = true
    }

    /// Writes an integer.
    public mutating func value(_ number: Int) { value(Int64(number)) }

    /// Writes a number.
    public mutating func value(_ number: Double) {
        if number == number.rounded(.towardZero), number.magnitude < 9_007_199_254_740_992 {
            return value(Int64(number))
        }
        separate()
        if number.isFinite {
            buffer.append(text: number.description)
        } else {
            buffer.append("null")
        }
        needsComma = true
    }

    /// Writes `true` or `false`.
    public mutating func value(_ flag: Bool) {
        separate()
        buffer.append(flag ? "true" : "false" as StaticString)
        needsComma = true
    }

    private mutating func quoted(_ bytes: ByteSlice) {
        separate()
        buffer.reserve(bytes.count + 2)
        buffer.append(UInt8(ascii: "\""))
        var clean = 0
        for i in bytes.indices where bytes[i] < 0x20 || bytes[i] == 0x22 || bytes[i] == 0x5C {
            buffer.append(ByteSlice(rebasing: bytes[clean..<i]))
            escape(bytes[i])
            clean = i + 1
        }
        buffer.append(ByteSlice(rebasing: bytes[clean...]))
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: buffer.append("\\\"")
        case 0x5C: buffer.append("\\\\")
        case 0x0A: buffer.append("\\n")
        case 0x0D: buffer.append("\\r")
        case 0x09: buffer.append("\\t")
        default:
            let hex: StaticString = "0123456789abcdef"
            buffer.append("\\u00")
            buffer.append(hex.utf8Start[Int(byte >> 4)])
            buffer.append(hex.utf8Start[Int(byte & 15)])
        }
    }
}
