import Broker
import Configuration
import Execution
import Glibc
import History
import Kafka
import Replay
import Synchronization
import Telemetry

/// `capture`: a range of a topic as files that `backtest` reads.
enum CaptureCommand {
    static let command = Command(
        "capture", summary: "Write a range of a topic to files that backtest reads.",
        discussion: """
            Writes the records of a topic between two times or offsets to DIR: files of JSON Lines packed with \
            zstd, one or more a partition, and capture.json, which says what range they are of, with offsets, \
            times and digests. 'zstd -dc' gives the lines; 'backtest DIR' also knows each record's offset and \
            timestamp, so that it finds what a backtest of the topic finds.
            Like backtest it reads outside of any group, commits nothing, and fixes the ends when it starts. Before \
            --from it takes along what the longest window of --rules looks back.
            A file has its name, and capture.json says that it is complete, only once it is whole. --resume goes on \
            with what was begun.
            """,
        options: TopicOptions.options(forWindows: true) + [
            Option("out", .text("dir"), help: "The directory, made where it is not there."),
            Option("resume", .flag, help: "Go on with the capture that was begun in --out."),
            .rules, .shards,
            Option("no-progress", .flag, help: "Draw no progress bar on a terminal."),
        ] + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let options = try TopicOptions(invocation, settings)
        guard let path = invocation.value("out") else {
            throw Failure(.usage, "--out names the directory of the capture")
        }
        let properties = try options.properties("capture")
        var directory =
            invocation.has("resume")
            ? try resumed(path, options) : try begun(path, options, settings, properties)
        if directory.manifest.isComplete {
            Console.error("\(path) is complete already\n")
            return .ok
        }
        let found = try failing { () throws(Capture.Failure) in
            try Capture.find(directory.manifest, in: path)
        }
        let reading = options.reading(directory.manifest.range, properties)
        let sources = try Failure.kafka { () throws(BrokerError) in
            try reading.open(from: found.map(\.mark))
        }
        let startMs = MachineClock.monotonicMs()
        directory = try await copy(
            directory, found, sources, threads: Setup.shards(settings),
            showsProgress: !invocation.has("no-progress"))
        if directory.manifest.partitions.allSatisfy(\.files.isEmpty) {
            throw Failure(.usage, options.nothingThere(directory.manifest.range))
        }
        say(directory, startMs)
        return .ok
    }

    /// The directory of a capture that begins: there is none in it yet.
    private static func begun(
        _ path: String, _ options: TopicOptions, _ settings: Settings, _ properties: Properties
    ) throws -> CaptureDirectory {
        guard let topic = options.topic else { throw Failure(.usage, "--topic is what to capture") }
        if CaptureDirectory.isBegun(path) {
            throw Failure(
                .usage,
                "there is a capture in \(path): go on with it by --resume, or name another directory"
            )
        }
        let pipeline = try Setup.pipeline(settings)
        let range = try options.range(
            of: topic, warmUpMs: BacktestInput.longestWindowMs(pipeline), properties)
        if Files.isDirectory(path) == nil, mkdir(path, 0o755) != 0 {
            throw Failure(
                .unreachable, "\(path): cannot be made: \(String(cString: strerror(errno)))")
        }
        let directory = CaptureDirectory(path, CaptureManifest(range))
        try directory.write()
        return directory
    }

    /// The directory of a capture that was begun; what the command line says of its range has to be the same.
    private static func resumed(
        _ path: String, _ options: TopicOptions
    ) throws(Failure) -> CaptureDirectory {
        let directory = try CaptureDirectory(path)
        let request = directory.manifest.request
        let asked = [
            ("topic", options.topic, request.topic),
            ("from", options.from?.text, request.from?.text ?? "the first record kept"),
            ("to", options.to?.text, request.to?.text ?? "the end at its start"),
        ]
        for (name, now, before) in asked {
            guard let now, now != before else { continue }
            throw Failure(
                .usage, "the capture in \(path) was begun with --\(name) \(before), and not \(now)")
        }
        return directory
    }

    private static func copy(
        _ begun: CaptureDirectory, _ found: [Capture.Found], _ sources: [TopicSource], threads: Int,
        showsProgress: Bool
    ) async throws -> CaptureDirectory {
        let capture = Capture(begun.manifest, in: begun.path, found: found, from: sources)
        let progress = Mutex(
            ProgressBar(
                label: "capture", total: Int64(begun.manifest.range.offsetCount),
                isShown: showsProgress && StandardError.isTerminal))
        let before = found.reduce(0) { $0 + $1.mark.records }
        var directory = begun
        let files: [[CaptureManifest.File]]
        do throws(Capture.Failure) {
            files = try await capture.run(threads: threads) { records in
                progress.withLock {
                    $0.update(done: Int64(before + records), records: Int64(records))
                }
            }
        } catch {
            // What retention took is known to this run alone.
            directory.note(sources)
            try? directory.write()
            throw Failure(
                .unreachable,
                "\(error.description); 'stillwatch capture --out \(begun.path) --resume' goes on behind what is whole"
            )
        }
        directory.note(sources)
        for (number, files) in files.enumerated() {
            directory.manifest.partitions[number].files = files
        }
        directory.manifest.isComplete = true
        try directory.write()
        return directory
    }

    private static func failing<R>(
        _ body: () throws(Capture.Failure) -> R
    ) throws(Failure) -> R {
        do throws(Capture.Failure) { return try body() } catch {
            throw Failure(.unreachable, error.description)
        }
    }

    private static func say(_ directory: CaptureDirectory, _ startMs: Int64) {
        let files = directory.manifest.partitions.flatMap(\.files)
        let records = files.reduce(0) { $0 + $1.summary.records }
        let bytes = files.reduce(0) { $0 + $1.summary.bytes }
        let seconds = Double(MachineClock.monotonicMs() - startMs) / 1000
        var text =
            "\(grouped(records)) records in \(count(files.count, "file")), "
            + "\(decimal(Double(bytes) / 1e6)) MB, took \(decimal(seconds)) s\n"
        for partition in directory.manifest.partitions {
            for gap in directory.manifest.gaps(of: partition) { text += "gap: \(gap.text)\n" }
        }
        Console.error(text)
    }
}

extension CaptureDirectory {
    /// Notes what retention has taken.
    fileprivate mutating func note(_ sources: [TopicSource]) {
        for (number, source) in sources.enumerated() {
            manifest.partitions[number].holes = source.mark.holes
        }
    }
}
