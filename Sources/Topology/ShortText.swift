import Primitives

/// Cuts a text to `limit` bytes, between characters, and ends it with `~` and a digest of all of it: equal texts
/// stay equal, and others differ.
func shorten(_ text: inout ByteBuffer, to limit: Int) {
    let digests = (xxh3(text.bytes), xxh3(text.bytes, seed: 1))
    var kept = limit - 33
    while kept > 0, text.bytes[kept] & 0xC0 == 0x80 { kept -= 1 }
    text.truncate(to: kept)
    text.append(UInt8(ascii: "~"))
    append(hexadecimal: digests.0, to: &text)
    append(hexadecimal: digests.1, to: &text)
}

private func append(hexadecimal number: UInt64, to text: inout ByteBuffer) {
    let digits: StaticString = "0123456789abcdef"
    for shift in stride(from: 60, through: 0, by: -4) {
        text.append(digits.utf8Start[Int(number >> shift & 15)])
    }
}
