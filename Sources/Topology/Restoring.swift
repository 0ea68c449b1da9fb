import Aggregation
import Detection
import Primitives
import Snapshots

/// Why a task cannot be restored from a snapshot.
public enum RestoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The pages are whole, and their content is not what a task writes, or not all of it.
    case corrupted
    /// The snapshot was written with another pane width: its times cannot be translated.
    case paneWidth(snapshot: UInt32, expected: UInt32)

    /// What is wrong, for a log line.
    public var description: String {
        switch self {
        case .corrupted: "its content is damaged"
        case .paneWidth(let snapshot, let expected):
            "it was written with panes of \(snapshot) ms, and window.pane is \(expected) ms"
        }
    }
}

/// How far the restore of a task has come.
final class Restoring {
    let manifest: Manifest
    var header: TaskHeader?
    var mapping: StateMapping?
    var episodes: EpisodeTableReader?
    /// Whether the snapshot says how far CAMPAIGN was told; those of before that stage do not.
    var hasEvidence = false
    var leads = LeadTableReader()
    /// The entities with an open finding, once the episodes are read.
    var openEntities: Set<UInt64>?
    var items = ItemReader()
    /// The snapshot being read, by its place in the window.
    private var place = 0
    /// Pages of it that were read.
    private var pages: UInt32 = 0
    private var kind: PageKind?

    init(_ manifest: Manifest) { self.manifest = manifest }

    /// Whether the newest snapshot is being read: the one whose header and findings count.
    var isNewest: Bool { place == 0 }

    /// Whether all pages were read.
    var isAtEnd: Bool {
        place == manifest.window.entries.count - 1
            && pages == manifest.window.entries[place].pages && items.isWhole
    }

    /// Whether `page` is the next one.
    func follows(_ page: Page) -> Bool {
        let entries = manifest.window.entries
        if pages == entries[place].pages, place + 1 < entries.count {
            place += 1
            pages = 0
            kind = nil
        }
        guard page.task == manifest.task, page.id == entries[place].id, page.index == pages,
            pages < entries[place].pages
        else { return false }
        pages += 1
        // Items do not go on in pages of another kind.
        if kind != page.kind {
            guard items.isWhole else { return false }
            kind = page.kind
        }
        return true
    }
}
