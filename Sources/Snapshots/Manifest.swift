import Primitives

/// What makes a snapshot of pages: the position it stands at, and the snapshots it is put together from.
///
/// ```
/// manifest  frame with magic "SWM1" | position i64 | replay from i64 | snapshots u32 | snapshot*
/// snapshot  incarnation u64 | sequence u32 | pages u32 | digest u64 | start u64 | end u64 | all u8
/// ```
public struct Manifest: Equatable, Sendable {
    /// Whose state it is.
    public var task: TaskID
    /// The newest snapshot of the window.
    public var id: SnapshotID
    /// The first offset whose record is not in the state.
    public var position: Int64
    /// The first offset that has to be read again for what was not in the state yet; at most `position`.
    public var replayFrom: Int64
    /// The snapshots that hold the state.
    public var window: SnapshotWindow

    private static let magic: UInt32 = 0x314D_5753
    /// Pages a window has at most: 256 GiB of state.
    private static let maxPages = 1 << 22

    /// A manifest of the newest snapshot of `window`.
    public init(
        task: TaskID, id: SnapshotID, position: Int64, replayFrom: Int64, window: SnapshotWindow
    ) {
        self.task = task
        self.id = id
        self.position = position
        self.replayFrom = replayFrom
        self.window = window
    }

    /// Its key in the store.
    public var key: StateKey { StateKey(task, .manifest, of: id) }

    /// The manifest, ready to be written.
    public var record: ManifestRecord {
        var buffer = ByteBuffer(capacity: 128 + 48 * window.entries.count)
        Frame.begin(&buffer, magic: Self.magic, task: task, id: id)
        buffer.append(integer: position)
        buffer.append(integer: replayFrom)
        buffer.append(integer: UInt32(window.entries.count))
        for entry in window.entries {
            buffer.append(integer: entry.id.incarnation)
            buffer.append(integer: entry.id.sequence)
            buffer.append(integer: entry.pages)
            buffer.append(integer: entry.digest)
            buffer.append(integer: entry.span.start)
            buffer.append(integer: entry.span.end)
            buffer.append(entry.span.isAll ? 1 : 0)
        }
        Frame.end(&buffer)
        return ManifestRecord(key: key, value: buffer.array())
    }

    /// Reads the manifest that stands under `key`, which is a manifest's.
    ///
    /// - Throws: `SnapshotError`: an older manifest has to do.
    public init(_ bytes: ByteSlice, key: StateKey) throws(SnapshotError) {
        guard key.kind == .manifest else { throw .misplaced }
        _ = try Frame.check(bytes, magic: Self.magic, key: key)
        var reader = ByteReader(ByteSlice(rebasing: bytes[Frame.size...]))
        guard let position = reader.integer(Int64.self),
            let replayFrom = reader.integer(Int64.self),
            let count = reader.integer(UInt32.self), replayFrom >= 0, replayFrom <= position,
            let entries = Self.entries(&reader, count), reader.remaining == 0,
            let window = SnapshotWindow(entries), entries.first?.id == key.id
        else { throw .corrupted }
        self.init(
            task: key.task, id: key.id, position: position, replayFrom: replayFrom, window: window)
    }

    private static func entries(
        _ reader: inout ByteReader, _ count: UInt32
    ) -> [SnapshotWindow.Entry]? {
        var entries: [SnapshotWindow.Entry] = []
        var pagesInAll = 0
        for _ in 0..<count {
            guard let incarnation = reader.integer(UInt64.self),
                let sequence = reader.integer(UInt32.self), let pages = reader.integer(UInt32.self),
                let digest = reader.integer(UInt64.self), let start = reader.integer(UInt64.self),
                let end = reader.integer(UInt64.self), let all = reader.integer(UInt8.self),
                all <= 1
            else { return nil }
            pagesInAll += Int(pages)
            guard pagesInAll <= maxPages else { return nil }
            entries.append(
                SnapshotWindow.Entry(
                    id: SnapshotID(incarnation: incarnation, sequence: sequence), pages: pages,
                    digest: digest, span: KeySpan(start: start, end: end, isAll: all == 1)))
        }
        return entries
    }

    /// The keys of all pages of its window whose snapshots none of `kept` names: to be removed once one of
    /// those stands in its place.
    public func pageKeys(notNamedBy kept: [Manifest]) -> [StateKey] {
        let named = Set(kept.flatMap { $0.window.entries.map(\.id) })
        return window.entries.filter { !named.contains($0.id) }.flatMap { entry in
            (0..<entry.pages).map { StateKey(task, .page(index: $0), of: entry.id) }
        }
    }
}
