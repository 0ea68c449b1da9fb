import Primitives

/// Where a replay's records come from: one source partition, read front to back.
public protocol RecordSource: AnyObject {
    /// What error messages and dead letters call it.
    var name: String { get }
    /// How much was read and how much there is, in any one unit; nil where that is not known.
    var progress: (done: Int, total: Int)? { get }
    /// How messages name the record with so many before it: `file:line`.
    func place(ofRecord offset: Int64) -> String

    /// Lends up to `count` records in order to `body` with their timestamps; false at the end.
    ///
    /// - Throws: `InputError`.
    func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool
}

extension RecordSource {
    /// The name and the record's number from 1.
    public func place(ofRecord offset: Int64) -> String { "\(name):\(offset + 1)" }
}

/// A file of JSON lines as a source; blank lines are passed over.
public final class FileSource: RecordSource {
    private var reader: LineReader
    /// The number of records before each blank line: what tells lines from records.
    private var blanks: [Int64] = []
    private var records: Int64 = 0
    /// The path, or `standard input`.
    public let name: String

    /// The file at `path`; `-` is standard input.
    ///
    /// - Throws: `InputError.unreadable`.
    public init(path: String, maxLine: Int = 1 << 20) throws(InputError) {
        name = path == "-" ? "standard input" : path
        reader = LineReader(try InputFile(path: path), maxLine: maxLine)
    }

    /// Blank lines that are remembered; behind so many, places are a little too low.
    private static let keptBlanks = 10_000

    /// The path and the record's line.
    public func place(ofRecord offset: Int64) -> String {
        "\(name):\(offset + 1 + Int64(blanks.count { $0 <= offset }))"
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
            guard !line.isEmpty else {
                if blanks.count < Self.keptBlanks { blanks.append(records) }
                continue
            }
            body(line, nil)
            records += 1
            left -= 1
        }
        return true
    }
}
