import Primitives

/// What waits for its pane as bytes: for a task whose log is not kept, beside a snapshot of its state.
extension EntityTask {
    /// Appends what waits, of a task that has read blocks of its own plan alone.
    ///
    /// ```
    /// run*   pane u32 | bytes u32 | partial*
    /// ```
    public func encodePending(into buffer: inout ByteBuffer) {
        precondition(readers.count <= 1, "blocks of one plan have one schema")
        pending.forEach { pane, partials in
            buffer.append(integer: pane)
            buffer.append(integer: UInt32(partials.count))
            buffer.append(partials)
        }
    }

    /// Lets what `encodePending` has written wait again, after the restore; false where it is something else.
    public mutating func loadPending(_ bytes: ByteSlice) -> Bool {
        guard !bytes.isEmpty else { return true }
        let schema = BlockFormat.schema(of: plan)
        guard readers.isEmpty,
            let reader = try? schema.withUnsafeBytes({ try PartialReader(schema: $0, plan: plan) })
        else { return false }
        readers.append(reader)
        readerOf[schema.withUnsafeBytes { xxh3($0) }] = 0
        var rest = ByteReader(bytes)
        while rest.remaining > 0 {
            guard let pane = rest.integer(UInt32.self), let count = rest.integer(UInt32.self),
                let partials = rest.bytes(Int(count)), pane >= openPane
            else { return false }
            // Nothing is read again: which block it came in does not matter.
            pending.append(partials, pane: pane, reader: 0, offset: 0)
        }
        return true
    }
}
