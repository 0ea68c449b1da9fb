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
final class SnapshotLoad {
    /// The pages, as they come.
    var pages: PageSequence
    var header: TaskHeader?
    var mapping: StateMapping?
    var episodes: EpisodeTableReader?
    /// Whether the snapshot says how far CAMPAIGN was told; those of before that stage do not.
    var hasEvidence = false
    var leads = LeadTableReader()
    /// The entities with an open finding, once the episodes are read.
    var openEntities: Set<UInt64>?

    init(_ manifest: Manifest) { pages = PageSequence(manifest) }
}
