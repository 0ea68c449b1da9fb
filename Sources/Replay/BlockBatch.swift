import Primitives

/// Blocks on their way from INGEST to one shard, copied into one run of bytes.
///
/// Unchecked Sendable: written by one side, handed over whole, then read by the other.
final class BlockBatch: @unchecked Sendable {
    private var buffer = ByteBuffer(capacity: 1 << 16)

    /// Whether nothing was added.
    var isEmpty: Bool { buffer.isEmpty }

    /// Forgets the blocks and keeps the memory.
    func removeAll() { buffer.removeAll() }

    /// Adds a block for a partition.
    func append(_ block: ByteSlice, partition: Int) {
        buffer.append(integer: UInt32(partition))
        buffer.append(integer: UInt32(block.count))
        buffer.append(block)
    }

    /// Calls `body` with each block and its partition, in order.
    func forEach(_ body: (_ partition: Int, _ block: ByteSlice) -> Void) {
        var reader = ByteReader(buffer.bytes)
        while let partition = reader.integer(UInt32.self), let count = reader.integer(UInt32.self),
            let block = reader.bytes(Int(count))
        {
            body(Int(partition), block)
        }
    }
}
