import CZstd
import Glibc
import Primitives

/// Why input cannot be read.
public enum InputError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or read; `reason` is the system's.
    case unreadable(path: String, reason: String)
    /// A `.zst` file is damaged; `offset` is where in the compressed bytes.
    case damaged(path: String, offset: Int, reason: String)

    /// What happened, with the file's path.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot read: \(reason)"
        case .damaged(let path, let offset, let reason):
            "\(path): damaged zstd data near byte \(offset): \(reason); "
                + "check the file with 'zstd -t', or cut it off before that point"
        }
    }
}

/// A file of JSON lines, plain or zstd-compressed (told by its first bytes), read front to back.
public struct InputFile: ~Copyable {
    /// The path as given; `-` is standard input.
    public let path: String
    /// Bytes read of the file so far, compressed ones where it is compressed.
    public private(set) var bytesRead = 0
    /// Bytes the file has; nil where that is not known (a pipe).
    public let size: Int?
    private let descriptor: Int32
    private var zstd: OpaquePointer?
    private var compressed: UnsafeMutableRawPointer?
    private var compressedRange = 0..<0
    private var probed = ByteBuffer(capacity: 16)
    private var probedTaken = 0
    private var isOpenFrame = false

    private static let chunk = 1 << 20
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// Whether a file that begins so is zstd data: a frame, or a skippable one, as parallel compressors
    /// write first.
    private static func isCompressed(_ first: [UInt8]) -> Bool {
        first == magic
            || first.count == 4 && first[0] & 0xF0 == 0x50 && first[1...] == [0x2A, 0x4D, 0x18]
    }

    /// Opens `path`; `-` is standard input.
    ///
    /// - Throws: `unreadable`.
    public init(path: String) throws(InputError) {
        let opened = try Self.open(path)
        self.path = path
        descriptor = opened.descriptor
        size = opened.size
        bytesRead = opened.first.count
        opened.first.withUnsafeBytes { probed.append($0) }
        guard Self.isCompressed(opened.first) else { return }
        zstd = ZSTD_createDStream()
        let space = UnsafeMutableRawPointer.allocate(byteCount: Self.chunk, alignment: 16)
        space.copyMemory(from: probed.base, byteCount: probed.count)
        compressed = space
        compressedRange = 0..<probed.count
        probed.removeAll()
    }

    deinit {
        close(descriptor)
        if let zstd { ZSTD_freeDStream(zstd) }
        compressed?.deallocate()
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    /// Opens a path and reads its first bytes, which tell whether it is compressed.
    private static func open(
        _ path: String
    ) throws(InputError) -> (descriptor: Int32, size: Int?, first: [UInt8]) {
        let descriptor = path == "-" ? dup(0) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: reason()) }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        var first: [UInt8] = []
        var byte: UInt8 = 0
        while first.count < magic.count {
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
    public mutating func read(
        into space: UnsafeMutableRawPointer, capacity: Int
    ) throws(InputError) -> Int {
        if let zstd, let compressed {
            return try inflate(zstd, compressed, into: space, capacity: capacity)
        }
        if probedTaken < probed.count {
            let n = min(capacity, probed.count - probedTaken)
            space.copyMemory(from: probed.base + probedTaken, byteCount: n)
            probedTaken += n
            return n
        }
        let n = try readRaw(into: space, capacity: capacity)
        bytesRead += n
        return n
    }

    private func readRaw(
        into space: UnsafeMutableRawPointer, capacity: Int
    ) throws(InputError) -> Int {
        while true {
            let n = Glibc.read(descriptor, space, capacity)
            if n >= 0 { return n }
            if errno != EINTR { throw .unreadable(path: path, reason: Self.reason()) }
        }
    }

    private mutating func inflate(
        _ zstd: OpaquePointer, _ compressed: UnsafeMutableRawPointer,
        into space: UnsafeMutableRawPointer, capacity: Int
    ) throws(InputError) -> Int {
        var output = ZSTD_outBuffer(dst: space, size: capacity, pos: 0)
        while output.pos == 0 {
            if compressedRange.isEmpty {
                let n = try readRaw(into: compressed, capacity: Self.chunk)
                bytesRead += n
                if n == 0 {
                    if isOpenFrame {
                        throw .damaged(path: path, offset: bytesRead, reason: "the file ends early")
                    }
                    return 0
                }
                compressedRange = 0..<n
            }
            var input = ZSTD_inBuffer(
                src: compressed, size: compressedRange.upperBound, pos: compressedRange.lowerBound)
            let result = ZSTD_decompressStream(zstd, &output, &input)
            if ZSTD_isError(result) != 0 {
                throw .damaged(
                    path: path, offset: bytesRead - compressedRange.count,
                    reason: String(cString: ZSTD_getErrorName(result)))
            }
            isOpenFrame = result != 0
            compressedRange = input.pos..<input.size
        }
        return output.pos
    }
}
