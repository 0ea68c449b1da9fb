import Glibc
import Primitives

/// Why a checkpoint cannot be written or read.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
    /// The file, and what is wrong.
    public let description: String

    init(_ path: String, _ what: String) { description = "\(path): \(what)" }

    static func system(_ path: String, _ what: String) -> CheckpointError {
        CheckpointError(path, "\(what): \(String(cString: strerror(errno)))")
    }
}

/// What a checkpoint is made of: the first letters of its sections.
enum CheckpointSection: UInt32 {
    /// What is read, and by which rules and settings.
    case identity = 1
    /// What the program keeps for itself.
    case note
    /// A source: how far it has come, and what was counted.
    case source
    /// Refused records, flaws and what is known of gaps.
    case ingest
    /// The findings so far.
    case findings
    /// What an observer has counted.
    case observer
    /// The counts of all tasks so far.
    case entities
    /// The task that the next sections are of.
    case task
    /// A page of its snapshot.
    case page
    /// What waits in it for its pane.
    case pending
    /// The last section: how many there were.
    case end
    /// The CAMPAIGN task: where it stands, and the manifest of its snapshot.
    case campaign
    /// A page of its snapshot.
    case campaignPage
    /// The end of its pages.
    case campaignEnd
}

/// Writes a checkpoint, which takes the place of an earlier one once it is whole and on disk.
///
/// ```
/// checkpoint  "SWCP" u32 | version u32 | section*
/// section     kind u32 | bytes u64 | XXH3 of the bytes, with the section's number as seed, u64 | those bytes
/// ```
/// All integers little-endian.
struct CheckpointWriter: ~Copyable {
    static let magic: UInt32 = 0x5043_5753
    static let version: UInt32 = 2
    static let headBytes = 20

    private let path: String
    private let descriptor: Int32
    private var sections: UInt64 = 0
    private var isFinished = false

    private var partial: String { "\(path).partial" }

    init(_ path: String) throws(CheckpointError) {
        self.path = path
        descriptor = open("\(path).partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(path, "cannot write") }
        var head = ByteBuffer(capacity: 16)
        head.append(integer: Self.magic)
        head.append(integer: Self.version)
        try write(head.bytes)
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(partial) }
    }

    /// Adds a section.
    mutating func add(_ kind: CheckpointSection, _ bytes: ByteSlice) throws(CheckpointError) {
        var head = ByteBuffer(capacity: Self.headBytes)
        head.append(integer: kind.rawValue)
        head.append(integer: UInt64(bytes.count))
        head.append(integer: xxh3(bytes, seed: sections))
        try write(head.bytes)
        try write(bytes)
        sections += 1
    }

    /// Adds the end, and puts the checkpoint into its place.
    mutating func finish() throws(CheckpointError) {
        var count = ByteBuffer(capacity: 8)
        count.append(integer: sections)
        try add(.end, count.bytes)
        guard fsync(descriptor) == 0, rename(partial, path) == 0 else {
            throw .system(path, "cannot write")
        }
        isFinished = true
    }

    private func write(_ bytes: ByteSlice) throws(CheckpointError) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, base, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(path, "cannot write") }
            rest = ByteSlice(rebasing: rest[count...])
        }
    }
}

/// Reads the sections of a checkpoint, one after the other.
struct CheckpointReader: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private var sections: UInt64 = 0
    private var size: UInt64
    private var buffer = ByteBuffer(capacity: 1 << 16)

    init(_ path: String) throws(CheckpointError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        let isOpen = descriptor >= 0 && fstat(descriptor, &status) == 0
        size = UInt64(status.st_size)
        guard isOpen else { throw .system(path, "cannot read") }
        try take(8)
        var head = ByteReader(buffer.bytes)
        guard head.integer(UInt32.self) == CheckpointWriter.magic,
            head.integer(UInt32.self) == CheckpointWriter.version
        else { throw CheckpointError(path, "is no checkpoint of this version") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What is wrong with the file.
    var damage: CheckpointError { CheckpointError(path, "is damaged: begin without --resume") }

    /// The next section; its bytes are lent until the next call.
    mutating func next() throws(CheckpointError) -> (kind: CheckpointSection, bytes: ByteSlice) {
        try take(CheckpointWriter.headBytes)
        var head = ByteReader(buffer.bytes)
        guard let kind = head.integer(UInt32.self).flatMap({ CheckpointSection(rawValue: $0) }),
            let count = head.integer(UInt64.self), let digest = head.integer(UInt64.self),
            count <= size
        else { throw damage }
        try take(Int(count))
        guard xxh3(buffer.bytes, seed: sections) == digest else { throw damage }
        sections += 1
        if kind == .end {
            var end = ByteReader(buffer.bytes)
            guard end.integer(UInt64.self) == sections - 1 else { throw damage }
        }
        return (kind, buffer.bytes)
    }

    private mutating func take(_ count: Int) throws(CheckpointError) {
        buffer.removeAll()
        buffer.reserve(count)
        while buffer.count < count {
            let n = read(descriptor, buffer.base + buffer.count, count - buffer.count)
            if n < 0, errno == EINTR { continue }
            if n < 0 { throw .system(path, "cannot read") }
            if n == 0 { throw damage }
            _ = buffer.appendUninitialized(n)
        }
    }
}
