import Glibc
import Primitives

/// A partition of a capture as a source: its files one after the other, each record as it was on the topic.
public final class CaptureSource: RecordSource {
    /// `topic[partition]`.
    public let name: String
    /// What the capture says is missing.
    public let gaps: [Gap]
    private var paths: ArraySlice<String>
    private var reader: CapturePartReader?
    private let places = PlaceList()
    private let total: Int
    private var bytesDone = 0

    /// The records of `paths`, which are of `bytes` bytes together.
    public init(name: String, paths: [String], bytes: Int, gaps: [Gap] = []) {
        self.name = name
        self.paths = paths[...]
        self.gaps = gaps
        total = bytes
    }

    /// It is a partition of a topic.
    public var isPartition: Bool { true }

    /// Bytes of the files.
    public var progress: (done: Int, total: Int)? {
        (bytesDone + (reader?.position ?? 0), total)
    }

    /// The topic, the partition and the offset: known of the last 8,192 records.
    public func place(ofRecord offset: Int64) -> String {
        places.line(ofRecord: offset).map { "\(name)@\($0)" } ?? "\(name), record \(offset + 1)"
    }

    /// Keeps the offsets of the last 8,192 records and of those behind `offset`.
    public func forgetPlaces(before offset: Int64) { places.forget(before: offset) }

    /// Lends at most `count` records; false behind the last one.
    public func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        var taken = 0
        while taken < count {
            guard let reader = try open() else { return false }
            if reader.text.isAtEnd {
                guard try reader.next() else {
                    close()
                    continue
                }
            }
            guard let record = reader.text.next() else {
                throw reader.damaged("its index is damaged")
            }
            places.append(line: record.offset)
            taken += 1
            body(record.bytes ?? ByteSlice(start: nil, count: 0), record.timestampMs)
        }
        return true
    }

    private func open() throws(InputError) -> CapturePartReader? {
        if reader == nil, let path = paths.popFirst() { reader = try CapturePartReader(path) }
        return reader
    }

    private func close() {
        bytesDone += reader?.position ?? 0
        reader = nil
    }
}

/// Reads the parts of one file of a capture.
final class CapturePartReader {
    private let path: String
    let descriptor: Int32
    private var packed = ByteBuffer(capacity: CaptureFormat.partBytes)
    /// The records of the part read last.
    var text = CaptureText()
    /// Behind the last part read, in bytes.
    private(set) var position = 0

    init(_ path: String) throws(InputError) {
        self.path = path
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
    }

    deinit { close(descriptor) }

    func damaged(_ reason: String) -> InputError {
        .damaged(path: path, format: "zstd", offset: position, reason: reason)
    }

    /// Reads the next part; false at the end of the file.
    func next() throws(InputError) -> Bool {
        guard try take(8) else {
            if packed.isEmpty { return false }
            throw damaged("the file ends early")
        }
        var reader = ByteReader(packed.bytes)
        guard reader.integer(UInt32.self) == CaptureFormat.skippable,
            let size = reader.integer(UInt32.self), size >= CaptureFormat.indexHead,
            size <= CaptureFormat.largest
        else { throw damaged("it is no part of a capture") }
        guard try take(Int(size)), text.begin(packed.bytes), let head = text.head else {
            throw damaged("the index of a part is damaged or cut off")
        }
        guard try take(Int(head.packedBytes)) else { throw damaged("the file ends early") }
        if let reason = text.unpack(packed.bytes) { throw damaged(reason) }
        position += 8 + Int(size) + Int(head.packedBytes)
        return true
    }

    /// Reads so many bytes into `packed`; false where the file has ended before.
    private func take(_ count: Int) throws(InputError) -> Bool {
        packed.removeAll()
        packed.reserve(count)
        while packed.count < count {
            let n = Glibc.read(descriptor, packed.base + packed.count, count - packed.count)
            if n < 0, errno == EINTR { continue }
            if n < 0 { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
            if n == 0 { return false }
            _ = packed.appendUninitialized(n)
        }
        return true
    }
}
