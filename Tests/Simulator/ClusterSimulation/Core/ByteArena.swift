import Primitives

/// Memory for the bytes of records: given out once, never moved, all freed at the end of the world.
///
/// So batches and logs point at the same bytes, and what a client has prefetched outlives retention.
final class ByteArena {
    private var chunks: [UnsafeMutableRawPointer] = []
    private var base: UnsafeMutableRawPointer?
    private var used = 0
    private var size = 0
    private static let chunkSize = 1 << 20

    deinit { for chunk in chunks { chunk.deallocate() } }

    /// A copy of the bytes that stays; never nil, even where there are none.
    func copy(_ bytes: ByteSlice) -> UnsafeRawPointer {
        let target = reserve(bytes.count)
        if let source = bytes.baseAddress {
            target.copyMemory(from: source, byteCount: bytes.count)
        }
        return UnsafeRawPointer(target)
    }

    private func reserve(_ count: Int) -> UnsafeMutableRawPointer {
        let rounded = (count + 7) & ~7
        if let base, used + rounded <= size {
            defer { used += rounded }
            return base + used
        }
        size = max(Self.chunkSize, rounded)
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        chunks.append(chunk)
        base = chunk
        used = rounded
        return chunk
    }
}
