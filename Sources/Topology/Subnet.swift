import Primitives

/// The network an address belongs to: `a.b.c.0/24` of an IPv4 address (also one mapped into IPv6),
/// `x:y:z::/48` of an IPv6 address in its canonical spelling (RFC 5952); nil for anything else.
///
/// One network has one spelling, however its addresses are written.
///
/// - Parameter space: at least `IPAddress.maxTextBytes`; the result is lent from it.
public func deriveSubnet(of text: ByteSlice, into space: UnsafeMutableRawPointer) -> ByteSlice? {
    guard let address = IPAddress(within: text) else { return nil }
    return ByteSlice(start: space, count: address.writeSubnet(into: space))
}
