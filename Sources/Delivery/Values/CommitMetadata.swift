import Primitives
import Topology

/// What stands in the metadata of a committed position: the commit batch that committed it, and INGEST's clock.
///
/// `2;<highest event time, ms>;<first open pane>;<lowest pane>;<batch>`, `-` for what is not known. The form of
/// earlier releases, `1;<highest>;<first open pane>`, is read as well.
struct CommitMetadata: Equatable {
    /// A partition's clock, which decides lateness after a restart as it would have been decided without one.
    struct Clock: Equatable {
        var highest: EventTime?
        var firstOpenPane: UInt32
        var lowestPane: UInt32?
    }

    /// nil beside positions of stages that have none.
    var clock: Clock?
    /// The name of the commit batch.
    var batch: String

    /// The text to commit.
    var text: String {
        guard let clock else { return "2;-;-;-;\(batch)" }
        let highest = clock.highest.map { String($0.ms) } ?? "-"
        let lowest = clock.lowestPane.map { String($0) } ?? "-"
        return "2;\(highest);\(clock.firstOpenPane);\(lowest);\(batch)"
    }

    init(clock: Clock?, batch: String) {
        self.clock = clock
        self.batch = batch
    }

    /// Reads a committed text; nil where another program, or a later release, wrote it.
    init?(parsing text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        switch parts.first {
        case "1" where parts.count == 3: batch = ""
        case "2" where parts.count == 5: batch = String(parts[4])
        default: return nil
        }
        if parts[2] == "-" { return }
        guard let firstOpenPane = UInt32(parts[2]) else { return nil }
        let highest = Int64(parts[1])
        guard highest != nil || parts[1] == "-" else { return nil }
        clock = Clock(
            highest: highest.map { EventTime(ms: $0) }, firstOpenPane: firstOpenPane,
            lowestPane: parts.count > 3 ? UInt32(parts[3]) : nil)
    }
}
