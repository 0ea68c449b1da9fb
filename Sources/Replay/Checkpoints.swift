import Execution
import Glibc
import Primitives

/// Where a replay writes how far it has come, and what it goes on from.
///
/// A checkpoint holds everything that decides what is found from there on: what each source has come to, the state of
/// all tasks, what waits for its pane, and the findings so far. So a replay that was ended and goes on finds what one
/// that never was finds.
public final class Checkpoints {
    /// A checkpoint that a replay goes on from.
    public struct Saved: Sendable {
        /// What is read, and by which rules and settings.
        public var identity: [String: String]
        /// What the program has kept for itself.
        public var note: [UInt8]
        /// Each source's bookmark.
        public var bookmarks: [[UInt8]]
    }

    /// Where the checkpoint is.
    public let path: String
    /// The checkpoint that the replay goes on from; nil where it begins.
    public private(set) var saved: Saved?
    private var identity: [(String, String)] = []
    private var note: [UInt8] = []
    private let everyMs: Int64
    private let notice: (String) -> Void
    private var dueMs: Int64

    /// The name of a checkpoint in its directory.
    public static let name = "backtest.checkpoint"
    /// Of the time a replay takes, at most one part in so many goes into checkpoints.
    private static let leastShare: Int64 = 20

    /// Checkpoints in a directory, the next one in `everyMs` milliseconds.
    ///
    /// - Parameters:
    ///   - resumes: whether the one that is there is gone on from.
    ///   - notice: told of a checkpoint that cannot be written.
    /// - Throws: `CheckpointError` where it resumes and cannot.
    public init(
        in directory: String, everyMs: Int64, resumes: Bool, notice: @escaping (String) -> Void
    ) throws(CheckpointError) {
        path = "\(directory)/\(Self.name)"
        self.everyMs = everyMs
        self.notice = notice
        dueMs = MachineClock.monotonicMs() + everyMs
        if resumes { saved = try Self.read(path) }
    }

    /// Whether there is a checkpoint in a directory.
    public static func isThere(in directory: String) -> Bool {
        access("\(directory)/\(name)", F_OK) == 0
    }

    /// Says what is read and by what, and what to keep: once, before the replay runs.
    public func begin(identity: [(String, String)], note: [UInt8]) {
        self.identity = identity
        self.note = note
    }

    /// What differs between what is read now and what the checkpoint is of: a line each.
    public func differences(to identity: [(String, String)]) -> [String] {
        guard let saved else { return [] }
        let now = identity.map(\.0)
        let gone = saved.identity.keys.filter { !now.contains($0) }.sorted()
        return (identity + gone.map { ($0, "nothing") }).compactMap { name, value in
            let before = saved.identity[name] ?? "nothing"
            return before == value ? nil : "\(name): \(before) then, \(value) now"
        }
    }

    /// Removes the checkpoint: the replay has come to its end.
    public func remove() { unlink(path) }

    // MARK: Writing

    var isDue: Bool { MachineClock.monotonicMs() >= dueMs }

    /// Writes a checkpoint; where that fails, the earlier one stays, and the replay goes on.
    func write(_ body: (inout CheckpointWriter) throws(CheckpointError) -> Void) {
        let startMs = MachineClock.monotonicMs()
        do throws(CheckpointError) {
            var writer = try CheckpointWriter(path)
            var bytes = ByteBuffer()
            for (name, value) in identity {
                bytes.append(sized: name)
                bytes.append(sized: value)
            }
            try writer.add(.identity, bytes.bytes)
            bytes.removeAll()
            note.withUnsafeBytes { bytes.append($0) }
            try writer.add(.note, bytes.bytes)
            try body(&writer)
            try writer.finish()
        } catch {
            notice("\(error.description); there is no newer checkpoint than the one before")
        }
        let now = MachineClock.monotonicMs()
        dueMs = now + max(everyMs, (now - startMs) * Self.leastShare)
    }

    private static func read(_ path: String) throws(CheckpointError) -> Saved {
        var saved = Saved(identity: [:], note: [], bookmarks: [])
        var reader = try CheckpointReader(path)
        while true {
            let section = try reader.next()
            switch section.kind {
            case .identity:
                var fields = ByteReader(section.bytes)
                while let name = fields.sizedText(), let value = fields.sizedText() {
                    saved.identity[name] = value
                }
            case .note: saved.note = Array(section.bytes)
            case .source: saved.bookmarks.append(SourceState.bookmark(section.bytes) ?? [])
            case .end: return saved
            default: break
            }
        }
    }
}
