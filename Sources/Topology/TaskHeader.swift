import Aggregation
import Primitives

/// What a snapshot of an ENTITY task holds beside entities and findings: how to read it, and where the task
/// stood.
struct TaskHeader: Equatable, Sendable {
    /// A rule the task ran.
    struct RunRule: Equatable, Sendable {
        var id: String
        var digest: UInt64
    }

    /// Width of a pane in milliseconds.
    var paneMs: UInt32
    /// What entities are kept under.
    var shape: StateShape
    /// The rules, by index.
    var rules: [RunRule]
    /// The first pane that is not closed.
    var openPane: UInt32
    /// Where history begins; nil before a pane closed with something in it.
    var historyStart: UInt32?
    /// How far the sources have come.
    var progress: SourceProgress
    /// What is to be remembered of blocks that are read again.
    var notes: ReplayNotes

    /// Appends the header to `buffer`.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(integer: paneMs)
        shape.encode(into: &buffer)
        buffer.append(varint: UInt64(rules.count))
        for rule in rules {
            buffer.append(name: rule.id)
            buffer.append(integer: rule.digest)
        }
        encodePlace(into: &buffer)
        notes.encode(into: &buffer)
    }

    /// Appends where the task stood: the part of the header that is state.
    func encodePlace(into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(openPane))
        buffer.append(varint: historyStart.map { UInt64($0) + 1 } ?? 0)
        progress.encode(into: &buffer)
    }
}

extension TaskHeader {
    /// Reads a header that is all of `item`; nil where the bytes are none.
    init?(_ item: ByteSlice) {
        var reader = ByteReader(item)
        guard let paneMs = reader.integer(UInt32.self), let shape = StateShape(&reader),
            let rules = Self.rules(&reader),
            let open = reader.varint().flatMap({ UInt32(exactly: $0) }),
            let history = reader.varint(), history <= UInt64(UInt32.max) + 1,
            let progress = SourceProgress(&reader), progress.firstOpenPane <= open,
            let notes = ReplayNotes(&reader), reader.remaining == 0
        else { return nil }
        self.init(
            paneMs: paneMs, shape: shape, rules: rules, openPane: open,
            historyStart: history == 0 ? nil : UInt32(history - 1), progress: progress, notes: notes
        )
    }

    private static func rules(_ reader: inout ByteReader) -> [RunRule]? {
        guard let count = reader.varint() else { return nil }
        var rules: [RunRule] = []
        for _ in 0..<count {
            guard let id = reader.name(), let digest = reader.integer(UInt64.self) else {
                return nil
            }
            rules.append(RunRule(id: id, digest: digest))
        }
        return rules
    }
}
