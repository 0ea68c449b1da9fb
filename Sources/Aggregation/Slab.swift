import Primitives

/// Memory for records, in size classes, with every byte taken from the system counted.
///
/// Small sizes are cut from aligned 64 KiB chunks; a chunk whose last piece is freed serves any class again.
/// Larger ones are allocated singly. Steps between classes are at most 1/8 of the size, so at most
/// an eighth is slack. Not thread-safe: one owner.
struct Slab: ~Copyable {
    /// Bytes of chunks in use and of pieces allocated singly.
    var reservedBytes: Int { chunks.bytesInUse + singleBytes }
    private var singleBytes = 0
    private var chunks = ChunkPool(chunkSize: Slab.chunkSize)
    private let heads: UnsafeMutablePointer<UnsafeMutableRawPointer?>

    static let chunkSize = 65_536
    /// The largest size cut from chunks.
    static let largestSmall = 4_096
    /// The indices of the size classes cut from chunks.
    static let sizeClasses = 0..<96
    /// Chunk header: size of a piece, live pieces, next free piece, fresh offset, neighbours in the class's
    /// list of chunks with room.
    static let chunkHeader = 64

    init() {
        heads = .allocate(capacity: Self.sizeClasses.count)
        heads.initialize(repeating: nil, count: Self.sizeClasses.count)
    }

    deinit { heads.deallocate() }

    /// `size` rounded up to the size of its class, a multiple of 16.
    static func rounded(_ size: Int) -> Int {
        if size <= 128 { return (size + 15) & ~15 }
        let step = max(16, (1 << (Int.bitWidth - 1 - size.leadingZeroBitCount)) / 8)
        return (size + step - 1) & ~(step - 1)
    }

    /// The class of a rounded size of at most `largestSmall`.
    private static func classIndex(_ size: Int) -> Int {
        if size <= 128 { return size >> 4 }
        let log = Int.bitWidth - 1 - (size - 1).leadingZeroBitCount
        return 8 + (log - 7) * 8 + ((size - 1) >> (log - 3)) - 7
    }

    /// Whether a piece of a rounded `size` can be had without taking memory from the system.
    func hasRoom(_ size: Int) -> Bool {
        size <= Self.largestSmall && heads[Self.classIndex(size)] != nil
    }

    /// Takes a piece of `size` bytes, a result of `rounded(_:)`, aligned to 16.
    mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        guard size <= Self.largestSmall else {
            singleBytes += size
            return .allocate(byteCount: size, alignment: 16)
        }
        let index = Self.classIndex(size)
        let chunk = Chunk(heads[index] ?? newChunk(size: size, index: index))
        let piece = chunk.take()
        if chunk.isFull { unlink(chunk, index) }
        return piece
    }

    /// Gives back a piece of `size` bytes.
    mutating func free(_ piece: UnsafeMutableRawPointer, size: Int) {
        guard size <= Self.largestSmall else {
            singleBytes -= size
            return piece.deallocate()
        }
        let mask = UInt(Self.chunkSize - 1)
        guard let base = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: piece) & ~mask) else {
            preconditionFailure("a piece outside every chunk")
        }
        let chunk = Chunk(base)
        let index = Self.classIndex(size)
        if chunk.isFull { link(chunk, index) }
        chunk.give(piece)
        if chunk.live == 0 {
            unlink(chunk, index)
            chunks.give(chunk.base)
        }
    }

    private mutating func newChunk(size: Int, index: Int) -> UnsafeMutableRawPointer {
        let chunk = Chunk(chunks.take())
        chunk.reset(size: size)
        link(chunk, index)
        return chunk.base
    }

    private func link(_ chunk: Chunk, _ index: Int) {
        chunk.previous = nil
        chunk.next = heads[index]
        if let head = heads[index] { Chunk(head).previous = chunk.base }
        heads[index] = chunk.base
    }

    private func unlink(_ chunk: Chunk, _ index: Int) {
        if let previous = chunk.previous {
            Chunk(previous).next = chunk.next
        } else {
            heads[index] = chunk.next
        }
        if let next = chunk.next { Chunk(next).previous = chunk.previous }
    }

    /// Takes the chunks of a class out of use whose pieces fit into the others' room, the sparsest first.
    ///
    /// Move what they hold into pieces of the class, which are there, and give them back.
    mutating func takeSparse(_ index: Int) -> [Chunk] {
        var chunks: [Chunk] = []
        var next = heads[index]
        while let base = next {
            chunks.append(Chunk(base))
            next = Chunk(base).next
        }
        chunks.sort { $0.live < $1.live }
        var room = chunks.reduce(0) { $0 + $1.room }
        let sparse = chunks.prefix { chunk in
            guard chunk.live + chunk.room <= room else { return false }
            room -= chunk.live + chunk.room
            return true
        }
        for chunk in sparse { unlink(chunk, index) }
        return Array(sparse)
    }

    /// Ends the use of a chunk that `takeSparse` gave and that was emptied.
    mutating func giveBack(_ chunk: Chunk) { chunks.give(chunk.base) }

    /// What is wrong with the chunks that have room, in words; `pieces` are the pieces out by size.
    func checkInvariants(_ pieces: [(size: Int, count: Int)]) -> [StaticString] {
        var wrong: [StaticString] = []
        var chunksBytes = 0
        for (size, count) in pieces where size <= Self.largestSmall {
            if Self.rounded(size) != size { wrong.append("a piece is of no class") }
            let perChunk = (Self.chunkSize - Self.chunkHeader) / size
            chunksBytes += (count + perChunk - 1) / perChunk * Self.chunkSize
        }
        if chunksBytes > chunks.bytesInUse { wrong.append("pieces take more than their chunks") }
        for index in Self.sizeClasses {
            var previous: UnsafeMutableRawPointer?
            var next = heads[index]
            while let base = next {
                let chunk = Chunk(base)
                if chunk.isFull { wrong.append("a full chunk is listed as having room") }
                if chunk.live <= 0 { wrong.append("an empty chunk was kept") }
                if chunk.previous != previous { wrong.append("the list of chunks is broken") }
                if Self.classIndex(chunk.size) != index { wrong.append("a chunk in another class") }
                previous = base
                next = chunk.next
            }
        }
        return wrong
    }
}
