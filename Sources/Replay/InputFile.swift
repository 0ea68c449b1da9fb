import Glibc
import Primitives

/// A file of text, plain or packed with gzip or zstd (told by its first bytes), read front to back.
public struct InputFile: ~Copyable {
    /// The path as given; `-` is standard input.
    public let path: String
    /// Bytes read of the file so far, packed ones where it is packed.
    public private(set) var bytesRead = 0
    /// Bytes the file has; nil where that is not known (a pipe).
    public let size: Int?
    private let descriptor: Int32
    /// Where the file is packed; the raw bytes wait in `raw`.
    private let unpacker: Unpacker?
    private var raw: ByteBuffer
    private var taken = 0

    private static let chunk = 1 << 18

    /// Opens `path`; `-` is standard input.
    ///
    /// - Throws: `unreadable`, and `foreign` for formats that are known and not read.
    public init(path: String) throws(InputError) {
        let opened = try Self.open(path)
        if let foreign = Packing.foreign(opened.first) {
            close(opened.descriptor)
            throw .foreign(path: path, format: foreign.format, remedy: foreign.remedy)
        }
        self.path = path
        descriptor = opened.descriptor
        size = opened.size
        bytesRead = opened.first.count
        let packing = Packing(opened.first)
        unpacker = packing.map { Unpacker($0) }
        raw = ByteBuffer(capacity: packing == nil ? 16 : Self.chunk)
        opened.first.withUnsafeBytes { raw.append($0) }
    }

    deinit { close(descriptor) }

    private static func reason() -> String { String(cString: strerror(errno)) }

    /// Opens a path and reads its first bytes, which tell how it is packed.
    private static func open(
        _ path: String
    ) throws(InputError) -> (descriptor: Int32, size: Int?, first: [UInt8]) {
        let descriptor = path == "-" ? dup(0) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: reason()) }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        var first: [UInt8] = []
        var byte: UInt8 = 0
        while first.count < Packing.probeBytes {
            let n = Glibc.read(descriptor, &byte, 1)
            if n < 0, errno == EINTR { continue }
            if n < 0 {
                let reason = reason()
                close(descriptor)
                throw .unreadable(path: path, reason: reason)
            }
            if n == 0 { break }
            first.append(byte)
        }
        return (descriptor, isFile ? Int(status.st_size) : nil, first)
    }

    /// Reads up to `capacity` bytes of text into `space`; 0 at the end.
    ///
    /// - Throws: `unreadable`, `damaged`.
    public mutating func read(
        into space: UnsafeMutableRawPointer, capacity: Int
    ) throws(InputError) -> Int {
        if let unpacker { return try unpack(unpacker, into: space, capacity: capacity) }
        if taken < raw.count {
            let n = min(capacity, raw.count - taken)
            space.copyMemory(from: raw.base + taken, byteCount: n)
            taken += n
            return n
        }
        return try readRaw(into: space, capacity: capacity)
    }

    private mutating func readRaw(
        into space: UnsafeMutableRawPointer, capacity: Int
    ) throws(InputError) -> Int {
        while true {
            let n = Glibc.read(descriptor, space, capacity)
            if n >= 0 {
                bytesRead += n
                return n
            }
            if errno != EINTR { throw .unreadable(path: path, reason: Self.reason()) }
        }
    }

    private mutating func unpack(
        _ unpacker: Unpacker, into space: UnsafeMutableRawPointer, capacity: Int
    ) throws(InputError) -> Int {
        while true {
            if taken == raw.count, try !refill() { return 0 }
            let input = UnsafeRawBufferPointer(start: raw.base + taken, count: raw.count - taken)
            let output = UnsafeMutableRawBufferPointer(start: space, count: capacity)
            let step = unpacker.step(input, into: output)
            if let reason = step.failure { throw damaged(reason) }
            taken += step.taken
            if step.written > 0 { return step.written }
        }
    }

    /// Reads more packed bytes; false at the end of the file.
    private mutating func refill() throws(InputError) -> Bool {
        raw.removeAll()
        taken = 0
        let n = try readRaw(into: raw.base, capacity: raw.capacity)
        _ = raw.appendUninitialized(n)
        if n == 0, unpacker?.isOpen == true { throw damaged("the file ends early") }
        return n > 0
    }

    private func damaged(_ reason: String) -> InputError {
        .damaged(
            path: path, format: unpacker?.packing.rawValue ?? "",
            offset: bytesRead - raw.count + taken,
            reason: reason)
    }
}
