import Primitives

/// The snapshots that together hold a task's whole state, the newest first: those written while the roll went
/// once around the key space.
public struct SnapshotWindow: Equatable, Sendable {
    /// One snapshot.
    public struct Entry: Equatable, Sendable {
        /// Its identity.
        public var id: SnapshotID
        /// Pages it has.
        public var pages: UInt32
        /// The digest of its pages.
        public var digest: UInt64
        /// The keys whose state it holds whether or not they had changed.
        public var span: KeySpan

        /// A snapshot.
        public init(id: SnapshotID, pages: UInt32, digest: UInt64, span: KeySpan) {
            self.id = id
            self.pages = pages
            self.digest = digest
            self.span = span
        }
    }

    /// Snapshots a window has at most: what a manifest can name in one record. The roll is to be chosen so
    /// that far fewer go once around.
    public static let limit = 16_384

    /// The snapshots, the newest first.
    public private(set) var entries: [Entry] = []

    /// An empty window: the next snapshot has to hold everything.
    public init() {}

    /// A window of these snapshots; nil where they are not what one snapshot after the other leaves.
    init?(_ entries: [Entry]) {
        guard entries.count <= Self.limit else { return nil }
        for entry in entries.reversed() {
            guard isContinued(by: entry) else { return nil }
            push(entry)
        }
        guard self.entries == entries, isWhole else { return nil }
    }

    /// Whether the span of `entry` begins where the newest one's ends.
    private func isContinued(by entry: Entry) -> Bool {
        entries.isEmpty || entry.span.isAll || entry.span.start == cursor
    }

    /// Where the next roll begins.
    public var cursor: UInt64 { entries.first?.span.end ?? 0 }

    /// Whether the snapshots hold every key.
    public var isWhole: Bool { needed(entries) != nil }

    /// Adds a newer snapshot, whose span begins at `cursor` or is all, and drops those that no key needs any
    /// more.
    public mutating func push(_ entry: Entry) {
        precondition(isContinued(by: entry), "a roll begins where the last one ended")
        entries.insert(entry, at: 0)
        if let needed = needed(entries) { entries.removeLast(entries.count - needed) }
    }

    /// How many of the newest snapshots hold every key; nil where not even all do.
    private func needed(_ entries: [Entry]) -> Int? {
        var covered: UInt64 = 0
        for (i, entry) in entries.enumerated() {
            let (sum, isAround) = covered.addingReportingOverflow(entry.span.length)
            if entry.span.isAll || isAround { return i + 1 }
            covered = sum
        }
        return nil
    }
}
