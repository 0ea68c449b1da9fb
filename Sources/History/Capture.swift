import Execution
import Glibc
import Primitives
import Replay
import Synchronization

/// Writes a range of a topic to files: the partitions side by side, each record as it is.
///
/// Unchecked Sendable: a partition's source and files are one thread's at a time.
public final class Capture: @unchecked Sendable {
    /// What is there of a partition already.
    public struct Found: Sendable {
        /// The finished files.
        public var files: [CaptureManifest.File] = []
        /// Where the partition goes on.
        public var mark: TopicSource.Mark
    }

    /// Why a capture ended early.
    public enum Failure: Error, CustomStringConvertible {
        /// The topic, or a file of an earlier run, cannot be read.
        case input(InputError)
        /// A file cannot be written.
        case output(CaptureError)

        /// Which it is, and what the system says.
        public var description: String {
            switch self {
            case .input(let error): error.description
            case .output(let error): error.description
            }
        }
    }

    /// What one partition's files are like.
    ///
    /// Unchecked Sendable: one thread at a time has it.
    private final class Files: @unchecked Sendable {
        let path: (Int) -> String
        var finished: [CaptureManifest.File]
        var writer: CaptureWriter?

        init(_ finished: [CaptureManifest.File], _ path: @escaping (Int) -> String) {
            self.finished = finished
            self.path = path
        }

        /// The file that is being written; begun, or gone on with, where there is none.
        func open() throws(CaptureError) -> CaptureWriter {
            if let writer { return writer }
            let made = try CaptureWriter(path(finished.count))
            writer = made
            return made
        }

        /// Finishes the file that is being written, or was by an earlier run.
        func finish() throws(Failure) {
            let path = path(finished.count)
            if writer == nil, access(CaptureWriter.unfinished(path), F_OK) != 0 { return }
            do throws(CaptureError) {
                let summary = try open().finish()
                finished.append(CaptureManifest.File(name: Capture.base(path), summary: summary))
                writer = nil
            } catch {
                throw .output(error)
            }
        }
    }

    private let sources: [TopicSource]
    private let files: [Files]
    private let fileBytes: Int
    private let failure = Mutex<Failure?>(nil)
    private let done = Atomic<Int>(0)

    /// Goes on behind what was found, from sources that stand there.
    ///
    /// - Parameter fileBytes: bytes at which a file is finished and the next one begun.
    public init(
        _ manifest: CaptureManifest, in directory: String, found: [Found],
        from sources: [TopicSource], fileBytes: Int = 1 << 30
    ) {
        self.fileBytes = fileBytes
        self.sources = sources
        files = zip(manifest.partitions, found).map { partition, found in
            Files(found.files) { number in
                Self.path(directory, manifest.request.topic, partition.part.partition, number)
            }
        }
    }

    private static func path(
        _ directory: String, _ topic: String, _ partition: Int32, _ number: Int
    ) -> String {
        "\(directory)/\(topic)-\(padded(Int(partition)))-\(padded(number)).jsonl.zst"
    }

    private static func base(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// Looks at what an earlier run has left of each partition: finished files, and the whole parts of one that is not.
    ///
    /// - Throws: `Capture.Failure` where a file is damaged or cannot be read.
    public static func find(
        _ manifest: CaptureManifest, in directory: String
    ) throws(Failure) -> [Found] {
        var all: [Found] = []
        for partition in manifest.partitions {
            let start = partition.part.offsets.lowerBound
            var found = Found(mark: TopicSource.Mark(position: start, holes: partition.holes))
            let path = { (number: Int) in
                Self.path(directory, manifest.request.topic, partition.part.partition, number)
            }
            do throws(InputError) {
                while access(path(found.files.count), F_OK) == 0 {
                    let name = path(found.files.count)
                    let summary = try CaptureWriter.describe(name)
                    found.add(summary)
                    found.files.append(CaptureManifest.File(name: base(name), summary: summary))
                }
                let rest = CaptureWriter.unfinished(path(found.files.count))
                if access(rest, F_OK) == 0 { found.add(CaptureWriter.wholeParts(of: rest)) }
            } catch {
                throw .input(error)
            }
            all.append(found)
        }
        return all
    }

    /// Reads all sources to their ends on `threads` threads.
    ///
    /// - Parameter onProgress: called now and then, by any thread, with the records written.
    /// - Returns: the files of each partition.
    /// - Throws: `Capture.Failure`; what is whole stays, to go on with.
    public func run(
        threads: Int, onProgress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(Failure) -> [[CaptureManifest.File]] {
        await ParallelLoop.run(sources.count, width: threads) { [self] number, _ in
            do throws(Failure) {
                try drain(sources[number], into: files[number], onProgress)
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return files.map(\.finished)
    }

    private func drain(
        _ source: TopicSource, into files: Files, _ onProgress: (Int) -> Void
    ) throws(Failure) {
        var hasMore = true
        while hasMore {
            if failure.withLock({ $0 != nil }) { return }
            let before = source.mark.records
            hasMore = try copy(from: source, into: files)
            if let writer = files.writer, writer.summary.bytes >= fileBytes { try files.finish() }
            let count = source.mark.records - before
            onProgress(done.wrappingAdd(count, ordering: .relaxed).newValue)
        }
        try files.finish()
    }

    /// Copies what there is of a source; false where it ends.
    private func copy(from source: TopicSource, into files: Files) throws(Failure) -> Bool {
        var error: CaptureError?
        var hasMore = false
        do throws(InputError) {
            hasMore = try source.readPlaced(1_024) { record, offset, timestampMs in
                guard error == nil else { return }
                do throws(CaptureError) {
                    try files.open().append(record, offset: offset, timestampMs: timestampMs)
                } catch let failed {
                    error = failed
                }
            }
        } catch let failed {
            throw .input(failed)
        }
        if let error { throw .output(error) }
        return hasMore
    }
}

extension Capture.Found {
    fileprivate mutating func add(_ summary: CaptureWriter.Summary) {
        mark.records += summary.records
        if let last = summary.offsets?.upperBound { mark.position = last + 1 }
    }
}
