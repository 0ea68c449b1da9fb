import Primitives

/// The network an address belongs to: `a.b.c.0/24` of an IPv4 address, the first three groups of a written
/// IPv6 address as `x:y:z::/48`; nil for anything else.
///
/// - Parameter space: at least 64 bytes; the result is lent from it.
func deriveSubnet(of address: ByteSlice, into space: UnsafeMutableRawPointer) -> ByteSlice? {
    guard address.count >= 3, address.count <= 45 else { return nil }
    if address.contains(UInt8(ascii: ":")) { return ipv6Prefix(of: address, into: space) }
    var dots = 0
    var third = 0
    for i in address.indices {
        let byte = address[i]
        if byte == UInt8(ascii: ".") {
            dots += 1
            if dots == 3 { third = i }
        } else if byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") {
            return nil
        }
    }
    guard dots == 3 else { return nil }
    return join(ByteSlice(rebasing: address[0..<third]), ".0/24", into: space)
}

private func ipv6Prefix(of address: ByteSlice, into space: UnsafeMutableRawPointer) -> ByteSlice? {
    var colons = 0
    var end = 0
    for i in address.indices where address[i] == UInt8(ascii: ":") {
        // "::" within the first three groups stands for zeros: what lies before it is the prefix.
        if i + 1 < address.count, address[i + 1] == UInt8(ascii: ":") {
            return join(ByteSlice(rebasing: address[0..<i]), "::/48", into: space)
        }
        colons += 1
        if colons == 3 {
            end = i
            break
        }
    }
    guard colons == 3 else { return nil }
    return join(ByteSlice(rebasing: address[0..<end]), "::/48", into: space)
}

private func join(
    _ head: ByteSlice, _ tail: StaticString, into space: UnsafeMutableRawPointer
) -> ByteSlice {
    if let bytes = head.baseAddress { space.copyMemory(from: bytes, byteCount: head.count) }
    (space + head.count).copyMemory(from: tail.utf8Start, byteCount: tail.utf8CodeUnitCount)
    return ByteSlice(start: space, count: head.count + tail.utf8CodeUnitCount)
}
