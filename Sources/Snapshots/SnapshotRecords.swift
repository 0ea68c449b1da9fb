/// The pages of one snapshot, ready to be written; page `i` has the key of index `i`.
public struct SnapshotPages: Sendable {
    /// Whose state it is.
    public var task: TaskID
    /// Which snapshot it is.
    public var id: SnapshotID
    /// The pages' bytes in order.
    public var pages: [[UInt8]]

    /// Pages of a snapshot.
    public init(task: TaskID, id: SnapshotID, pages: [[UInt8]]) {
        self.task = task
        self.id = id
        self.pages = pages
    }
}

/// A manifest, ready to be written.
public struct ManifestRecord: Sendable {
    /// Its key.
    public var key: StateKey
    /// Its bytes.
    public var value: [UInt8]

    /// A manifest under its key.
    public init(key: StateKey, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}
