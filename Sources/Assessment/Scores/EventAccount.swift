import Events
import Primitives

/// The account of an event as findings name it: behind a gateway its end user.
enum EventAccount {
    /// Calls `body` with the name.
    ///
    /// - Parameter gateways: accounts whose end users are accounts of their own, as account keys.
    @inline(__always)
    static func withName<R>(
        of event: Event, _ gateways: Set<UInt64>, _ body: (ByteSlice) -> R
    ) -> R {
        guard !gateways.isEmpty, let user = event.string(.endUser),
            gateways.contains(Kind.account.key(of: event.account))
        else { return body(event.account) }
        let name = Array(event.account) + [UInt8(ascii: "/")] + user
        return name.withUnsafeBytes { body($0) }
    }
}
