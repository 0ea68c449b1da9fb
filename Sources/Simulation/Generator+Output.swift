import Primitives

extension Generator {
    /// Lends each remaining event to `body`, in order.
    public func forEach<E: Error>(_ body: (borrowing SimulatedEvent) throws(E) -> Void) throws(E) {
        while next() { try body(event) }
    }

    /// Appends up to `count` records to `buffer` as JSON lines; returns how many, 0 at the end.
    ///
    /// Call with the buffer emptied between calls to keep memory bounded; stops early when the
    /// buffer holds 64 MB.
    public func writeLines(_ count: Int, into buffer: inout ByteBuffer) -> Int {
        var written = 0
        while written < count, buffer.count < 64 << 20, next() {
            event.writeJSON(into: &buffer)
            buffer.append(UInt8(ascii: "\n"))
            written += 1
        }
        return written
    }

    /// Lends the next record to `body` as a topic would hold it: the account as key, JSON as value,
    /// the time it was written. Returns false at the end. `buffer` is scratch memory.
    public func nextRecord<E: Error>(
        using buffer: inout ByteBuffer,
        _ body: (_ key: ByteSlice, _ value: ByteSlice, _ time: EventTime) throws(E) -> Void
    ) throws(E) -> Bool {
        guard next() else { return false }
        buffer.removeAll()
        event.writeAccount(into: &buffer)
        let keyCount = buffer.count
        event.writeJSON(into: &buffer)
        let bytes = buffer.bytes
        try body(
            ByteSlice(rebasing: bytes[..<keyCount]), ByteSlice(rebasing: bytes[keyCount...]),
            event.recordTime)
        return true
    }

    /// The partition of `count` that an account's records go to: the same on every machine.
    public static func partition(ofAccount account: ByteSlice, count: Int) -> Int {
        precondition(count > 0, "a topic has a partition")
        return Int(scale(Kind.account.key(of: account), to: UInt64(count)))
    }
}
