import Broker
import Configuration
import Detection
import Events
import History
import Primitives
import Replay
import Topology
import YAML

/// What a backtest reads: files, captures, or a range of a topic.
struct BacktestInput {
    /// One source for each partition.
    let sources: [any RecordSource]
    /// What reports call them.
    let names: [String]
    /// What tells this input from another, for a run that goes on.
    private(set) var identity: [(String, String)] = []
    /// What to say where a topic's range has no records; nil for files, which may be empty.
    private(set) var emptiness: String?
    /// The range of a topic, whose offsets are fixed when the run begins.
    private var range: TopicRange?
    /// The range as bytes, which a run that goes on reads it from.
    var note: [UInt8] { range.map { Array(CaptureManifest($0).text.utf8) } ?? [] }

    /// Opens what the command line names.
    ///
    /// - Parameters:
    ///   - warmUpMs: how far windows look back from the beginning of a range.
    ///   - saved: the run that goes on, where one does.
    ///   - fixed: the range of the topic, where it is known.
    /// - Throws: `Failure`.
    init(
        _ invocation: Invocation, _ settings: Settings, _ pipeline: PipelineSettings,
        _ options: TopicOptions, warmUpMs: Int64, saved: Checkpoints.Saved?,
        fixed: TopicRange? = nil
    ) throws(Failure) {
        let files = invocation.arguments
        let sorting = try SortOptions(invocation)
        names = options.topic.map { ["topic \($0)"] } ?? files
        if let topic = options.topic {
            guard files.isEmpty, !sorting.isSorting else {
                throw Failure(.usage, "--topic goes with neither files nor --sort")
            }
            let properties = try options.properties(invocation.command.name)
            let range: TopicRange
            if let known = fixed ?? saved.flatMap({ Self.range(of: $0, topic) }) {
                range = known
            } else {
                range = try options.range(of: topic, warmUpMs: warmUpMs, properties)
            }
            let reading = options.reading(range, properties)
            let marks = saved?.bookmarks.compactMap { TopicSource.Mark($0) }
            sources = try Failure.kafka { () throws(BrokerError) in
                try reading.open(from: marks?.count == range.parts.count ? marks : nil)
            }
            identity = [
                ("topic", topic), ("--from", options.from?.text ?? "the first record kept"),
                ("--to", options.to?.text ?? "the end at the start"),
                ("warm-up and padding", "\(options.paddings(warmUpMs: warmUpMs)) ms"),
            ]
            emptiness = options.nothingThere(range)
            self.range = range
            return
        }
        guard !files.isEmpty else {
            throw Failure(.usage, "nothing to read: name files, a capture's directory, or --topic")
        }
        let captures = files.filter { $0 != "-" && Files.isDirectory($0) == true }
        if !captures.isEmpty, sorting.isSorting {
            throw Failure(.usage, "--sort goes with files: a capture is read as the topic was")
        }
        var opened: [any RecordSource] = []
        for path in captures {
            let directory = try CaptureDirectory(path)
            opened += try directory.sources() as [any RecordSource]
            identity.append(
                (
                    "capture \(path)",
                    "\(xxh3(directory.manifest.text)) by the digest of its manifest"
                ))
        }
        let others = files.filter { !captures.contains($0) }
        opened += try sorting.sources(try Self.open(others, pipeline.limits), pipeline)
        sources = opened
        identity += [
            ("--from", options.from?.text ?? "the first event"),
            ("--to", options.to?.text ?? "the last event"),
            ("order", sorting.isSorting ? "sorted" : "as it is"),
        ]
        identity += others.map { ("file \($0)", "\(Files.size(of: $0) ?? 0) bytes") }
    }

    /// Opens the same input again.
    ///
    /// - Throws: `Failure`.
    init(
        again input: BacktestInput, _ invocation: Invocation, _ settings: Settings,
        _ pipeline: PipelineSettings, _ options: TopicOptions
    ) throws(Failure) {
        try self.init(
            invocation, settings, pipeline, options, warmUpMs: 0, saved: nil, fixed: input.range)
    }

    /// The range that a run has read which goes on; nil where it has read no topic of that name.
    private static func range(of saved: Checkpoints.Saved, _ topic: String) -> TopicRange? {
        guard saved.identity["topic"] == topic else { return nil }
        let text = SourceText(name: "checkpoint", bytes: saved.note)
        return CaptureManifest(text, Diagnostics())?.range
    }

    private static func open(
        _ paths: [String], _ limits: DecoderLimits
    ) throws(Failure) -> [FileSource] {
        var sources: [FileSource] = []
        if paths.count(where: { $0 == "-" }) > 1 {
            throw Failure(.usage, "standard input (-) can be read once")
        }
        for path in paths {
            sources.append(try Files.source(path, maxRecord: limits.maxBytes))
        }
        return sources
    }

    /// What was read of a topic, once it is; empty for files.
    var summary: String {
        let parts = sources.compactMap { $0 as? TopicSource }
        guard !parts.isEmpty else { return "" }
        let offsets = parts.reduce(0) { $0 + ($1.progress?.done ?? 0) }
        let empty = parts.reduce(0) { $0 + $1.emptyOffsets }
        var rows = [("", ""), ("offsets read", grouped(offsets))]
        if empty > 0 { rows.append(("  without a record", grouped(empty))) }
        for part in parts where (part.progress?.done ?? 0) > 0 {
            let start = part.part.offsets.lowerBound
            rows.append(("  \(part.name)", "\(start) to \(part.mark.position - 1)"))
        }
        return Columns.text(rows)
    }

    /// The longest window of rules, in milliseconds.
    static func longestWindowMs(_ pipeline: PipelineSettings) -> Int64 {
        let panes = pipeline.rules.rules.map { Int64($0.subjectPanes) }.max() ?? 0
        return panes * pipeline.timing.paneWidth.ms
    }
}
