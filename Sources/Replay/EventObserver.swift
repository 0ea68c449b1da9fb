import Events
import Primitives

/// Sees every event of a replay once, whatever becomes of it: what counts something beside the findings is one.
public protocol EventObserver: AnyObject, Sendable {
    /// Appends what was counted so far, for a checkpoint.
    func encode(into buffer: inout ByteBuffer)
    /// Goes on from what `encode` has written; false where it is something else.
    func restore(_ bytes: ByteSlice) -> Bool
    /// Takes in an event, which is lent; those of one `worker` come one at a time, in no order to rely on.
    func observe(_ event: Event, worker: Int)
}
