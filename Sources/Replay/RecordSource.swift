import Primitives

/// Where a replay's records come from: one source partition, read front to back.
public protocol RecordSource: AnyObject {
    /// What error messages and dead letters call it.
    var name: String { get }
    /// How much was read and how much there is, in any one unit; nil where that is not known.
    var progress: (done: Int, total: Int)? { get }
    /// How messages name the record with so many before it: `file:line`.
    func place(ofRecord offset: Int64) -> String
    /// Whether it is a part of something that has events at all times, as a partition of a topic.
    var isPartition: Bool { get }
    /// What was to be read and was not there, once all is read.
    var gaps: [Gap] { get }
    /// Where it stands, for ``resume(behind:_:)`` of a source made later; only the source itself reads it.
    var bookmark: [UInt8] { get }
    /// Goes on behind so many records, before anything is read: where `bookmark` was noted.
    ///
    /// - Throws: `InputError`, also where it has no such place.
    func resume(behind records: Int64, _ bookmark: [UInt8]) throws(InputError)
    /// Says that the place of no record in front of `offset` will be asked for, but of the last 8,192.
    func forgetPlaces(before offset: Int64)

    /// Lends up to `count` records in order to `body` with their timestamps; false at the end.
    ///
    /// - Throws: `InputError`.
    func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool
}

extension RecordSource {
    /// It stands for itself.
    public var isPartition: Bool { false }
    /// Nothing is known to be missing.
    public var gaps: [Gap] { [] }

    /// Nothing: records are counted.
    public var bookmark: [UInt8] { [] }

    /// Passes over the records.
    public func resume(behind records: Int64, _ bookmark: [UInt8]) throws(InputError) {
        var left = records
        while left > 0 {
            let isThere = try read(Int(min(left, 4_096))) { _, _ in left -= 1 }
            guard isThere || left == 0 else {
                throw .unreadable(
                    path: name, reason: "it had \(records) records, and now has fewer")
            }
        }
    }

    /// The name and the record's number from 1.
    public func place(ofRecord offset: Int64) -> String { "\(name):\(offset + 1)" }

    /// Nothing is kept.
    public func forgetPlaces(before offset: Int64) {}
}

/// A file of JSON as a source: lines, an array, or objects that span lines; see ``RecordReader``.
public final class FileSource: RecordSource {
    private var reader: RecordReader
    private let places = PlaceList()
    /// The path, or `standard input`.
    public let name: String

    /// The file at `path`, `-` for standard input; records over `maxRecord` bytes are lent cut.
    ///
    /// - Throws: `InputError.unreadable`, `InputError.foreign`.
    public init(path: String, maxRecord: Int = 1 << 20) throws(InputError) {
        name = path == "-" ? "standard input" : path
        reader = RecordReader(try InputFile(path: path), maxRecord: maxRecord)
    }

    /// The path and the line the record begins in: known of the last 8,192 records.
    public func place(ofRecord offset: Int64) -> String {
        places.line(ofRecord: offset).map { "\(name):\($0)" } ?? "\(name), record \(offset + 1)"
    }

    /// Keeps the lines of the last 8,192 records and of those behind `offset`.
    public func forgetPlaces(before offset: Int64) { places.forget(before: offset) }

    /// Bytes of the file read so far and in all; nil where the size is unknown.
    public var progress: (done: Int, total: Int)? { reader.progress }

    /// Lends at most `count` records to `body`; false at the end of the file.
    public func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        for _ in 0..<count {
            guard let record = try next() else { return false }
            body(record.bytes, nil)
        }
        return true
    }

    /// The next record and its line; nil at the end.
    func next() throws(InputError) -> (bytes: ByteSlice, line: Int64)? {
        guard let record = try reader.next() else { return nil }
        places.append(line: reader.line)
        return (record, reader.line)
    }
}

/// Where records are, as lines or offsets: of those that may still be asked for, and the last 8,192 in front of them.
public final class PlaceList {
    private var lines: [Int64] = []
    /// The record that the first line is of.
    private var first: Int64 = 0
    private static let kept: Int64 = 8192

    /// No places of the records behind so many.
    public init(behind records: Int64 = 0) { first = records }

    /// Notes the next record's line.
    public func append(line: Int64) { lines.append(line) }

    /// Drops what lies further in front of `offset` than is kept, now and then.
    public func forget(before offset: Int64) {
        let dropped = offset - Self.kept - first
        guard dropped >= Self.kept else { return }
        lines.removeFirst(Int(dropped))
        first += dropped
    }

    /// The line of a record, from 0; nil where it was too long ago.
    public func line(ofRecord offset: Int64) -> Int64? {
        guard offset >= first, offset - first < Int64(lines.count) else { return nil }
        return lines[Int(offset - first)]
    }
}
