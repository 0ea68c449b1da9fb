import Aggregation
import Primitives
import Snapshots

/// Snapshots of a store as they were handed out, and the window of those that hold it.
struct StoreSnapshots {
    struct Content {
        var entities: [[UInt8]] = []
        var removed: [UInt64] = []
        var bytes: Int { entities.reduce(8 * removed.count) { $0 + $1.count } }
    }

    private(set) var window = SnapshotWindow()
    private var contents: [SnapshotID: Content] = [:]
    private var sequence: UInt32 = 0
    /// The first pane that was open at the last snapshot.
    private(set) var openPane: UInt32 = 0
    /// Times the roll went around.
    private(set) var rounds = 0

    /// Writes a snapshot; returns what it holds.
    @discardableResult
    mutating func take(
        _ store: inout EntityStore, openPane: UInt32, leastRoll: Int = 1 << 20, isFull: Bool = false
    ) -> Content {
        var content = Content()
        let start = window.cursor
        let span = store.encodeChanges(from: start, leastRoll: leastRoll, isFull: isFull) {
            content.entities.append(Array($0))
        } removed: {
            content.removed.append($0)
        }
        sequence += 1
        let id = SnapshotID(incarnation: 1, sequence: sequence)
        if span.end < start || span.isAll { rounds += 1 }
        window.push(.init(id: id, pages: 1, digest: 0, span: span))
        contents[id] = content
        let named = Set(window.entries.map(\.id))
        contents = contents.filter { named.contains($0.key) }
        self.openPane = openPane
        return content
    }

    /// Bytes of all snapshots of the window.
    var bytes: Int { contents.values.reduce(0) { $0 + $1.bytes } }

    /// Reads the window into an empty store.
    func restore(_ store: inout EntityStore, _ mapping: StateMapping) throws(StateError) {
        store.beginLoading()
        for entry in window.entries {
            let content = contents[entry.id] ?? Content()
            for item in content.entities {
                try item.withUnsafeBufferPointer { (bytes) throws(StateError) in
                    _ = try store.load(ByteSlice(bytes), mapping, before: Pane(index: openPane))
                }
            }
            for key in content.removed { store.loadRemoved(key) }
        }
        store.finishLoading()
    }
}
