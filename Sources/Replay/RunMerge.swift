import Primitives

/// Merges sorted runs of one file: by time, and for one time in the order of the runs.
///
/// Memory: a buffer for each run and one for the largest record.
struct RunMerge: ~Copyable {
    private let file: SpillFile
    private var runs: [RunReader]
    /// A heap of indices into `runs`: the least of two children's parents comes first.
    private var heap: [Int] = []
    private var scratch = ByteBuffer(capacity: 4096)

    /// The least a run's buffer has.
    static let leastBuffer = 16 << 10

    /// A merge of `runs`, with buffers of `memory` bytes in all.
    init(_ runs: [Range<Int>], of file: SpillFile, memory: Int) throws(InputError) {
        self.file = file
        let each = max(Self.leastBuffer, min(1 << 20, memory / max(1, runs.count)))
        self.runs = runs.map { RunReader($0, buffer: each) }
        for run in runs.indices {
            try self.runs[run].advance(file)
            if !self.runs[run].isAtEnd { push(run) }
        }
    }

    /// The next record; its bytes are valid until the next call. Nil at the end.
    mutating func next() throws(InputError) -> (header: RunHeader, bytes: ByteSlice)? {
        guard let run = heap.first else { return nil }
        let header = runs[run].header
        scratch.removeAll()
        _ = scratch.appendUninitialized(Int(header.count))
        try runs[run].take(into: scratch.base, file)
        try runs[run].advance(file)
        if runs[run].isAtEnd {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        sink()
        return (header, scratch.bytes)
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        (runs[a].header.time, a) < (runs[b].header.time, b)
    }

    private mutating func push(_ run: Int) {
        heap.append(run)
        var child = heap.count - 1
        while child > 0, precedes(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if precedes(heap[child], heap[least]) { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

/// One run, read front to back through a buffer.
private final class RunReader {
    /// Of the record that is next.
    private(set) var header = RunHeader(time: 0, line: 0, count: 0)
    /// Whether there is no next record.
    private(set) var isAtEnd = false
    private var rest: Range<Int>
    private var buffer: ByteBuffer
    private var taken = 0
    private let size: Int

    init(_ run: Range<Int>, buffer size: Int) {
        rest = run
        self.size = size
        buffer = ByteBuffer(capacity: size)
    }

    /// Reads the next header.
    func advance(_ file: SpillFile) throws(InputError) {
        if taken == buffer.count, rest.isEmpty {
            isAtEnd = true
            return
        }
        try withUnsafeMutableBytes(of: &header) { (space) throws(InputError) in
            guard let base = space.baseAddress else { return }
            try copy(space.count, into: base, file)
        }
    }

    /// Copies the bytes of the record whose header was read.
    func take(into space: UnsafeMutableRawPointer, _ file: SpillFile) throws(InputError) {
        try copy(Int(header.count), into: space, file)
    }

    private func copy(
        _ count: Int, into space: UnsafeMutableRawPointer, _ file: SpillFile
    ) throws(InputError) {
        var done = 0
        while done < count {
            if taken == buffer.count { try refill(file) }
            let n = min(count - done, buffer.count - taken)
            (space + done).copyMemory(from: buffer.base + taken, byteCount: n)
            taken += n
            done += n
        }
    }

    private func refill(_ file: SpillFile) throws(InputError) {
        let n = min(size, rest.count)
        buffer.removeAll()
        taken = 0
        _ = buffer.appendUninitialized(n)
        try file.read(n, at: rest.lowerBound, into: buffer.base)
        rest = rest.lowerBound + n..<rest.upperBound
    }
}
