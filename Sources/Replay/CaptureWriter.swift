import Glibc
import Primitives

/// Why a capture cannot be written.
public struct CaptureError: Error, Equatable, CustomStringConvertible {
    /// The file, and what the system says.
    public let description: String

    init(_ path: String, _ what: String) {
        description = "\(path): \(what): \(String(cString: strerror(errno)))"
    }
}

/// Writes records of a partition to a file of a capture; see ``CaptureSource``.
///
/// The file has another name until it is finished. Its parts stand for themselves, so that a writer that was ended goes
/// on behind the last whole one.
public final class CaptureWriter {
    /// What a finished file is like.
    public struct Summary: Sendable, Equatable {
        /// Records in it.
        public var records = 0
        /// Bytes of it.
        public var bytes = 0
        /// The first offset with a record, and the last.
        public var offsets: ClosedRange<Int64>?
        /// The earliest and the latest timestamp of a record, in epoch milliseconds.
        public var times: ClosedRange<Int64>?
        /// The XXH3 of the file.
        public var digest: UInt64 = 0

        /// Nothing written.
        public init() {}
    }

    /// Where the file will be.
    public let path: String
    /// Records written, those of an earlier writer included.
    public private(set) var summary = Summary()
    private let descriptor: Int32
    private var part: CapturePart
    private var buffer = ByteBuffer(capacity: CaptureFormat.partBytes)

    /// The name a file has until it is finished.
    public static func unfinished(_ path: String) -> String { "\(path).partial" }

    /// Begins the file that will be at `path`, or goes on with what an earlier writer has left of it.
    ///
    /// - Parameter level: of compression, 1 to 19.
    public init(_ path: String, level: Int = 3) throws(CaptureError) {
        self.path = path
        part = CapturePart(level: Int32(level))
        let name = Self.unfinished(path)
        descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CaptureError(path, "cannot write") }
        summary = Self.wholeParts(of: name)
        guard ftruncate(descriptor, off_t(summary.bytes)) == 0,
            lseek(descriptor, 0, SEEK_END) == off_t(summary.bytes)
        else { throw CaptureError(path, "cannot write") }
    }

    deinit { close(descriptor) }

    /// What the whole parts at the beginning of a file hold, without a digest.
    public static func wholeParts(of path: String) -> Summary {
        var summary = Summary()
        guard let reader = try? CapturePartReader(path) else { return summary }
        while (try? reader.next()) == true { summary.note(reader) }
        return summary
    }

    /// What a finished file is like.
    ///
    /// - Throws: `InputError` where it is damaged or cannot be read.
    public static func describe(_ path: String) throws(InputError) -> Summary {
        var summary = Summary()
        let reader = try CapturePartReader(path)
        while try reader.next() { summary.note(reader) }
        guard let digest = digest(reader.descriptor, summary.bytes) else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        summary.digest = digest
        return summary
    }

    /// Takes in a record; nil is a null value.
    public func append(
        _ record: ByteSlice?, offset: Int64, timestampMs: Int64?
    ) throws(CaptureError) {
        part.append(record, offset: offset, timestampMs: timestampMs)
        summary.note(CaptureText.Record(bytes: record, offset: offset, timestampMs: timestampMs))
        if part.isFull { try writePart() }
    }

    private func writePart() throws(CaptureError) {
        buffer.removeAll()
        part.finish(into: &buffer)
        var rest = buffer.bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = write(descriptor, base, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CaptureError(path, "cannot write") }
            rest = ByteSlice(rebasing: rest[count...])
        }
        summary.bytes += buffer.count
    }

    /// Writes the rest and gives the file its name; it is on disk then.
    public func finish() throws(CaptureError) -> Summary {
        try writePart()
        guard let digest = Self.digest(descriptor, summary.bytes) else {
            throw CaptureError(path, "cannot read")
        }
        summary.digest = digest
        guard fsync(descriptor) == 0, rename(Self.unfinished(path), path) == 0 else {
            throw CaptureError(path, "cannot write")
        }
        return summary
    }

    /// The XXH3 of a file; nil where it cannot be read.
    private static func digest(_ descriptor: Int32, _ bytes: Int) -> UInt64? {
        guard bytes > 0 else { return xxh3("") }
        guard let base = mmap(nil, bytes, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED
        else { return nil }
        defer { munmap(base, bytes) }
        return xxh3(ByteSlice(start: base, count: bytes))
    }
}

extension CaptureWriter.Summary {
    /// Adds the records of the part read last, and all bytes up to its end.
    fileprivate mutating func note(_ reader: CapturePartReader) {
        while let record = reader.text.next() { note(record) }
        bytes = reader.position
    }

    mutating func note(_ record: CaptureText.Record) {
        records += 1
        offsets = (offsets?.lowerBound ?? record.offset)...record.offset
        guard let ms = record.timestampMs else { return }
        times = min(times?.lowerBound ?? ms, ms)...max(times?.upperBound ?? ms, ms)
    }
}
