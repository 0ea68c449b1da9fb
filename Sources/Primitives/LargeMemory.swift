import CXXHash

/// Memory that is touched at random and kept for long: on huge pages where the system has them.
///
/// State of gigabytes read at random costs more for address translation than for the data; huge pages
/// measured 30 % less time an event (benchmarks/backtest-bench).
public enum LargeMemory {
    /// The size and alignment of a huge page.
    public static let pageSize = 2 << 20

    /// Takes `count` bytes from the system, to be given back with `deallocate()`.
    public static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        guard count >= pageSize else { return .allocate(byteCount: count, alignment: 64) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: pageSize)
        stillwatch_advise_huge(memory, count)
        return memory
    }
}

/// Chunks of one size, cut from huge pages and used again.
///
/// A chunk is aligned to its size. Memory goes back to the system when the pool ends, not before: what a
/// burst took stays ready for the next. One owner, one thread.
public struct ChunkPool: ~Copyable {
    /// Bytes of a chunk, a power of two of at most a huge page.
    public let chunkSize: Int
    /// Bytes of the chunks that are out.
    public private(set) var bytesInUse = 0
    private var regions: [UnsafeMutableRawPointer] = []
    private var free: [UnsafeMutableRawPointer] = []

    /// A pool of chunks of `chunkSize` bytes; takes nothing yet.
    public init(chunkSize: Int) {
        precondition(
            chunkSize.nonzeroBitCount == 1 && chunkSize <= LargeMemory.pageSize,
            "a chunk is a power of two of at most 2 MiB")
        self.chunkSize = chunkSize
    }

    deinit { for region in regions { region.deallocate() } }

    /// Takes a chunk of unspecified content.
    public mutating func take() -> UnsafeMutableRawPointer {
        bytesInUse += chunkSize
        if let chunk = free.popLast() { return chunk }
        let region = LargeMemory.allocate(LargeMemory.pageSize)
        regions.append(region)
        // The lowest address is used next: pages fill up one after the other.
        for i in stride(from: LargeMemory.pageSize / chunkSize - 1, through: 1, by: -1) {
            free.append(region + i * chunkSize)
        }
        return region
    }

    /// Gives a chunk back.
    public mutating func give(_ chunk: UnsafeMutableRawPointer) {
        bytesInUse -= chunkSize
        free.append(chunk)
    }
}
