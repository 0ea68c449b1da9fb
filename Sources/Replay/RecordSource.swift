import Primitives

/// Where a replay's records come from: one source partition, read front to back.
public protocol RecordSource: AnyObject {
    /// What error messages and dead letters call it.
    var name: String { get }
    /// How much was read and how much there is, in any one unit; nil where that is not known.
    var progress: (done: Int, total: Int)? { get }

    /// Lends up to `count` records in order to `body` with their timestamps; false at the end.
    ///
    /// - Throws: `InputError`.
    func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool
}

/// A file of JSON lines as a source; blank lines are passed over.
public final class FileSource: RecordSource {
    private var reader: LineReader
    /// The path, or `standard input`.
    public let name: String

    /// The file at `path`; `-` is standard input.
    ///
    /// - Throws: `InputError.unreadable`.
    public init(path: String, maxLine: Int = 1 << 20) throws(InputError) {
        name = path == "-" ? "standard input" : path
        reader = LineReader(try InputFile(path: path), maxLine: maxLine)
    }

    /// Bytes of the file read so far and in all; nil where the size is unknown.
    public var progress: (done: Int, total: Int)? {
        reader.file.size.map { (reader.file.bytesRead, $0) }
    }

    /// Lends at most `count` lines to `body`; false at the end of the file.
    public func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        var left = count
        while left > 0 {
            guard let line = try reader.next() else { return false }
            guard !line.isEmpty else { continue }
            body(line, nil)
            left -= 1
        }
        return true
    }
}
