import Primitives

/// A record in a run, in front of its bytes.
struct RunHeader {
    /// Event time in milliseconds; the lowest there is where it cannot be read.
    var time: Int64
    /// The line it begins in.
    var line: Int64
    /// Bytes behind the header.
    var count: Int64

    /// Bytes of a header.
    static let size = MemoryLayout<RunHeader>.size
}

/// Records collected in memory until they are sorted: their bytes in order of arrival, and an index to sort.
struct SortArena: ~Copyable {
    private var bytes: ByteBuffer
    private var index: [(time: Int64, offset: Int)] = []

    /// An arena with room for `capacity` bytes; what is not used takes no memory.
    init(capacity: Int) { bytes = ByteBuffer(capacity: capacity) }

    /// Bytes in use, the index and what sorting it takes included.
    var memory: Int { bytes.count + index.count * MemoryLayout<(Int64, Int)>.stride * 2 }
    /// Records held.
    var count: Int { index.count }

    mutating func append(_ record: ByteSlice, time: Int64, line: Int64) {
        let start = bytes.appendUninitialized(RunHeader.size)
        let header = RunHeader(time: time, line: line, count: Int64(record.count))
        (bytes.base + start).storeBytes(of: header, as: RunHeader.self)
        bytes.append(record)
        // Headers stay aligned.
        _ = bytes.appendUninitialized(-record.count & 7)
        index.append((time, start))
    }

    /// Sorts by time; records of one time keep their order.
    mutating func sort() { index.sort { ($0.time, $0.offset) < ($1.time, $1.offset) } }

    /// The record at a place of the order: its header and its bytes, valid until the arena changes.
    func record(_ place: Int) -> (header: RunHeader, bytes: ByteSlice) {
        let start = bytes.base + index[place].offset
        let header = start.load(as: RunHeader.self)
        return (header, ByteSlice(start: start + RunHeader.size, count: Int(header.count)))
    }

    /// Writes the records in their order behind what the file holds, and forgets them.
    mutating func spill(to file: SpillFile) throws(InputError) -> Range<Int> {
        let start = file.size
        var output = ByteBuffer(capacity: 1 << 18)
        for place in index.indices {
            let from = bytes.base + index[place].offset
            let count = Int(from.load(as: RunHeader.self).count)
            output.append(ByteSlice(start: from, count: RunHeader.size + count))
            if output.count >= 1 << 17 {
                try file.append(output.bytes)
                output.removeAll()
            }
        }
        try file.append(output.bytes)
        index.removeAll(keepingCapacity: true)
        bytes.removeAll()
        return start..<file.size
    }
}
