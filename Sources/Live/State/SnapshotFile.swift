import Broker
import Delivery
import Glibc
import Primitives
import Snapshots

/// The names and the layout of snapshots' files.
///
/// A file of pages is `"SWPF" | version u32 | pages u32`, then for each page its size as u32 and its bytes. A
/// manifest's file holds its bytes alone. What the bytes are worth their own checksums tell.
enum SnapshotFile {
    /// A file's name, and what it holds.
    struct Entry: Equatable {
        let name: String
        let id: SnapshotID
        let isManifest: Bool
    }

    static let magic: UInt32 = 0x4650_5753
    static let version: UInt32 = 1
    static let headerSize = 12

    /// The directory of a task.
    static func directory(of task: TaskID, in root: String) -> String {
        "\(root)/\(task.stage)-\(task.partition)"
    }

    /// Such as `0000000012-9f3c000000000001.pages`.
    static func name(_ id: SnapshotID, isManifest: Bool) -> String {
        let sequence = padded(String(id.sequence), 10)
        let incarnation = padded(String(id.incarnation, radix: 16), 16)
        return "\(sequence)-\(incarnation).\(isManifest ? "manifest" : "pages")"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// Reads a name; nil where it is none of ours.
    static func entry(_ name: String) -> Entry? {
        let parts = name.split(separator: ".")
        guard parts.count == 2, parts[1] == "manifest" || parts[1] == "pages" else { return nil }
        let numbers = parts[0].split(separator: "-")
        guard numbers.count == 2, let sequence = UInt32(numbers[0]),
            let incarnation = UInt64(numbers[1], radix: 16)
        else { return nil }
        return Entry(
            name: name, id: SnapshotID(incarnation: incarnation, sequence: sequence),
            isManifest: parts[1] == "manifest")
    }

    /// A task's files in the order they were written: by snapshot, pages before their manifest.
    ///
    /// - Throws: where the directory cannot be read.
    static func entries(in directory: String) throws(BrokerError) -> [Entry] {
        try StateFiles.names(in: directory).compactMap(entry).sorted { a, b in
            a.id == b.id ? !a.isManifest && b.isManifest : a.id < b.id
        }
    }

    /// What stands before the pages.
    static func header(pages: Int) -> ByteBuffer {
        var buffer = ByteBuffer(capacity: headerSize)
        buffer.append(integer: magic)
        buffer.append(integer: version)
        buffer.append(integer: UInt32(pages))
        return buffer
    }
}

/// A snapshot's file being read front to back.
struct SnapshotFileReader {
    /// The one owner of a descriptor.
    private final class File {
        let descriptor: Int32

        /// nil where there is no such file.
        init?(_ path: String) throws(BrokerError) {
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            if descriptor >= 0 { return }
            if errno == ENOENT { return nil }
            try StateFiles.throwUnlessDamage("read", path)
            return nil
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        var size: Int {
            var status = stat()
            return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        }
    }

    private let file: File
    private let path: String
    private let size: Int
    private let task: TaskID
    private let entry: SnapshotFile.Entry
    private var offset = 0
    private var index: UInt32 = 0
    private var pages: UInt32 = 0

    /// Opens a file; nil where it is gone, or its head is not one of this version's.
    ///
    /// - Throws: where the file is there and cannot be read: that says nothing of what it holds.
    init?(
        _ entry: SnapshotFile.Entry, of task: TaskID, in directory: String
    ) throws(BrokerError) {
        path = "\(directory)/\(entry.name)"
        guard let file = try File(path) else { return nil }
        self.file = file
        self.task = task
        self.entry = entry
        size = file.size
        if !entry.isManifest, try !readHeader() { return nil }
    }

    private mutating func readHeader() throws(BrokerError) -> Bool {
        guard let bytes = try read(SnapshotFile.headerSize) else { return false }
        return bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard reader.integer(UInt32.self) == SnapshotFile.magic,
                reader.integer(UInt32.self) == SnapshotFile.version,
                let count = reader.integer(UInt32.self)
            else { return false }
            pages = count
            return true
        }
    }

    /// The next record; nil at the end, or where the rest is torn.
    ///
    /// - Throws: where the file cannot be read.
    mutating func next() throws(BrokerError) -> (key: StateKey, value: [UInt8])? {
        if entry.isManifest {
            guard offset == 0, let value = try read(size) else { return nil }
            return (StateKey(task, .manifest, of: entry.id), value)
        }
        guard index < pages, let head = try read(4) else { return nil }
        let count = head.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
        guard let value = try read(Int(count)) else { return nil }
        defer { index += 1 }
        return (StateKey(task, .page(index: index), of: entry.id), value)
    }

    /// Whether every page that should be there was read.
    var isWhole: Bool { entry.isManifest || index == pages }

    /// So many bytes; nil where the file has no more.
    private mutating func read(_ count: Int) throws(BrokerError) -> [UInt8]? {
        guard count <= size - offset else { return nil }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    file.descriptor, buffer.baseAddress.map { $0 + filled }, count - filled,
                    off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    code = got < 0 ? errno : 0
                    break
                }
                filled += got
            }
        }
        if code != 0 {
            errno = code
            try StateFiles.throwUnlessDamage("read", path)
        }
        guard bytes.count == count else { return nil }
        offset += count
        return bytes
    }
}
