import Events
import Primitives

/// Sees every record of a replay once, whatever becomes of it: what counts something beside the findings is one.
public protocol RecordObserver: AnyObject, Sendable {
    /// Takes in a record, and may decode it; records of one `worker` come one at a time, in no order to rely on.
    func observe(_ record: ByteSlice, decoder: inout EventDecoder, worker: Int)
}
