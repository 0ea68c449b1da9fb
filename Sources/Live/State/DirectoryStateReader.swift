import Broker
import Delivery
import Primitives
import Snapshots
import Synchronization

/// Everything kept of a task in a directory, read ahead on the store's thread.
final class DirectoryStateReader: StateReader, Sendable {
    private struct Chunk: Sendable {
        var records: [(key: StateKey, value: [UInt8])] = []
        /// Of `records`, those lent already.
        var taken = 0
    }

    private struct Shared: Sendable {
        var chunks: [Chunk] = []
        var isAsked = false
        var isAtEnd = false
        var isClosed = false
        var error: BrokerError?
        var done: Int64 = 0
        var total: Int64?
    }

    /// Bytes read in one go; one chunk waits while another is lent.
    private static let chunkBytes = 4 << 20
    private static let chunksAhead = 2

    private let shared = Mutex(Shared())
    private let cursor: Cursor
    private let store: DirectoryStore

    init(_ store: DirectoryStore, task: TaskID) {
        self.store = store
        cursor = Cursor(store, task)
        askForMore()
    }

    func read(
        max: Int, _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
    ) -> ReadStatus {
        let chunk: Chunk? = shared.withLock { shared in
            shared.chunks.isEmpty ? nil : shared.chunks.removeFirst()
        }
        if var chunk {
            let end = min(chunk.records.count, chunk.taken + max)
            for record in chunk.records[chunk.taken..<end] {
                record.key.bytes.withUnsafeBytes { key in
                    record.value.withUnsafeBytes { value in body(key, value) }
                }
            }
            chunk.taken = end
            let rest = chunk
            shared.withLock { shared in
                if rest.taken < rest.records.count { shared.chunks.insert(rest, at: 0) }
            }
        }
        askForMore()
        return shared.withLock { shared in
            if let error = shared.error { return .failed(error) }
            return shared.isClosed || (shared.isAtEnd && shared.chunks.isEmpty) ? .ended : .open
        }
    }

    /// Has the store's thread read on, unless it does already or enough waits.
    private func askForMore() {
        let isWanted = shared.withLock { shared in
            guard !shared.isAsked, !shared.isAtEnd, !shared.isClosed,
                shared.error == nil, shared.chunks.count < Self.chunksAhead
            else { return false }
            shared.isAsked = true
            return true
        }
        guard isWanted else { return }
        store.worker.run { [self] in
            var chunk = Chunk()
            var failure: BrokerError?
            do throws(BrokerError) {
                chunk.records = try cursor.next(atLeast: Self.chunkBytes)
            } catch {
                failure = error
            }
            shared.withLock { shared in
                shared.isAsked = false
                shared.error = failure
                shared.total = cursor.total
                shared.done = cursor.done
                shared.isAtEnd = chunk.records.isEmpty && failure == nil
                if !chunk.records.isEmpty { shared.chunks.append(chunk) }
            }
        }
    }

    var progress: (done: Int64, total: Int64)? {
        shared.withLock { shared in shared.total.map { (shared.done, $0) } }
    }

    func close() {
        shared.withLock { shared in
            shared.isClosed = true
            shared.chunks = []
        }
        store.worker.run { [cursor] in cursor.close() }
    }
}

/// Where reading a task's files has come to.
///
/// Unchecked Sendable: used on the store's thread alone.
private final class Cursor: @unchecked Sendable {
    private let directory: String
    private let task: TaskID
    private let note: @Sendable (String) -> Void
    private var entries: [SnapshotFile.Entry]?
    private var place = 0
    private var file: SnapshotFileReader?
    private(set) var done: Int64 = 0
    private(set) var total: Int64 = 0

    init(_ store: DirectoryStore, _ task: TaskID) {
        directory = SnapshotFile.directory(of: task, in: store.root)
        self.task = task
        note = store.note
    }

    /// The next records, of so many bytes together; none at the end.
    ///
    /// - Throws: where what is there cannot be read: it is not to be taken for damaged.
    func next(atLeast bytes: Int) throws(BrokerError) -> [(key: StateKey, value: [UInt8])] {
        let entries = try list()
        var records: [(key: StateKey, value: [UInt8])] = []
        var count = 0
        while count < bytes {
            if file == nil {
                guard place < entries.count else { break }
                file = try SnapshotFileReader(entries[place], of: task, in: directory)
                place += 1
                if file == nil {
                    note("\(directory)/\(entries[place - 1].name) cannot be read")
                    continue
                }
            }
            guard let record = try file?.next() else {
                if file?.isWhole == false {
                    note(
                        "\(directory)/\(entries[place - 1].name) is torn: its last pages are missing"
                    )
                }
                file = nil
                continue
            }
            records.append(record)
            count += record.value.count
        }
        done += Int64(count)
        return records
    }

    /// Lists the files on first use: what comes later was not there at the opening.
    private func list() throws(BrokerError) -> [SnapshotFile.Entry] {
        if let entries { return entries }
        let found = try SnapshotFile.entries(in: directory)
        entries = found
        total = found.reduce(0) { $0 + StateFiles.size(of: "\(directory)/\($1.name)") }
        return found
    }

    func close() {
        file = nil
        entries = []
    }
}
