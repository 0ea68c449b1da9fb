import Primitives
import Snapshots

/// Tasks, identities and pages for tests.
enum TestSnapshots {
    static let task = TaskID(application: 7, stage: .entity, partition: 3)
    static let items = PageKind(rawValue: 3)
    static let others = PageKind(rawValue: 9)

    static func id(_ sequence: UInt32, incarnation: UInt64 = 0xABC) -> SnapshotID {
        SnapshotID(incarnation: incarnation, sequence: sequence)
    }

    /// A snapshot of the items, and its entry in a window.
    static func snapshot(
        _ id: SnapshotID, _ items: [[UInt8]], span: KeySpan, task: TaskID = task
    ) -> (pages: SnapshotPages, entry: SnapshotWindow.Entry) {
        var writer = PageWriter(task: task, id: id)
        for item in items { item.withUnsafeBytes { writer.append(Self.items, $0) } }
        let (pages, digest) = writer.finish()
        return (
            pages,
            .init(id: id, pages: UInt32(pages.pages.count), digest: digest, span: span)
        )
    }

    /// The pages of a snapshot, read back.
    static func read(_ pages: SnapshotPages) throws(SnapshotError) -> [Page] {
        var read: [Page] = []
        for (i, bytes) in pages.pages.enumerated() {
            read.append(
                try Page(bytes, key: StateKey(pages.task, .page(index: UInt32(i)), of: pages.id)))
        }
        return read
    }

    struct Broken: Error {}

    /// The items of pages of one kind.
    static func items(of pages: [Page]) throws -> [[UInt8]] {
        var reader = ItemReader()
        var items: [[UInt8]] = []
        for page in pages {
            try reader.read(page, corrupted: Broken()) { (item) throws(Broken) in
                items.append(Array(item))
            }
        }
        if !reader.isWhole { throw Broken() }
        return items
    }
}

/// Feeds an assembler from arrays.
extension SnapshotAssembler {
    mutating func add(_ key: StateKey, _ value: [UInt8]?) {
        key.bytes.withUnsafeBytes { key in
            guard let value else { return add(key: key, value: nil) }
            value.withUnsafeBytes { add(key: key, value: $0) }
        }
    }

    mutating func add(_ pages: SnapshotPages) {
        for (i, bytes) in pages.pages.enumerated() {
            add(StateKey(pages.task, .page(index: UInt32(i)), of: pages.id), bytes)
        }
    }

    mutating func add(_ manifest: Manifest) {
        let record = manifest.record
        add(record.key, record.value)
    }
}
