import Events
import Primitives
import Topology

/// How much a sort may use.
public struct SortSettings: Sendable {
    /// Bytes in memory at most, but for the largest record: half for the file being sorted, half for what
    /// all files keep.
    public var memory: Int
    /// Where temporary files go.
    public var directory: String
    /// Sources that are open at the same time and share the memory.
    public var sources: Int

    /// Settings.
    public init(memory: Int, directory: String, sources: Int = 1) {
        self.memory = max(1 << 20, memory)
        self.directory = directory
        self.sources = max(1, sources)
    }

    /// Bytes of the file that is being sorted.
    var working: Int { memory / 2 }
    /// Bytes of each file that is sorted: its records, or the buffers of its runs.
    var kept: Int { memory / 2 / sources }
}

/// A file whose records are read in the order of their times: an external merge sort.
///
/// Records are collected up to the memory allowed, sorted, and written to a temporary file as a run; the runs
/// are merged as they are read. Records of one time keep their order. Those whose time cannot be read come
/// first, for the decoder to refuse. What fits into the memory is not written at all. Each record is decoded
/// once more than without a sort.
public final class SortedSource: RecordSource {
    private let input: FileSource
    private let settings: SortSettings
    private let decoder: UnsafeMutablePointer<EventDecoder>
    private var arena: SortArena
    private var file: SpillFile?
    private var runs: [Range<Int>] = []
    private var merge: RunMerge?
    private let places = PlaceList()
    private var isSorted = false
    private var records = 0
    private var given = 0

    /// The file's name.
    public var name: String { input.name }

    /// The records of `input`, read as `pipeline` says.
    ///
    /// - Throws: `DecoderConfigurationError`.
    public init(
        _ input: FileSource, _ pipeline: PipelineSettings, _ settings: SortSettings
    ) throws(DecoderConfigurationError) {
        let made = try pipeline.makeDecoder(pipeline.plan.tracked)
        self.input = input
        self.settings = settings
        arena = SortArena(capacity: settings.working)
        decoder = .allocate(capacity: 1)
        decoder.initialize(to: made)
    }

    deinit {
        decoder.deinitialize(count: 1)
        decoder.deallocate()
    }

    /// The path and the line in the file, of the last 8,192 records.
    public func place(ofRecord offset: Int64) -> String {
        places.line(ofRecord: offset).map { "\(name):\($0)" } ?? "\(name), record \(offset + 1)"
    }

    /// Keeps the lines of the last 8,192 records and of those behind `offset`.
    public func forgetPlaces(before offset: Int64) { places.forget(before: offset) }

    /// Half of the way is the sort, half the reading; nil where the file's size is unknown.
    public var progress: (done: Int, total: Int)? {
        input.progress.map { progress in
            let second = isSorted ? progress.total * given / max(1, records) : 0
            return ((progress.done + second) / 2, progress.total)
        }
    }

    /// Reads and sorts the whole file, if that is not done yet.
    ///
    /// - Parameter onProgress: called now and then.
    /// - Throws: `InputError`.
    public func sort(onProgress: () -> Void = {}) throws(InputError) {
        if isSorted { return }
        while let (bytes, line) = try input.next() {
            arena.append(bytes, time: time(of: bytes), line: line)
            records += 1
            if records % 4096 == 0 { onProgress() }
            if arena.memory >= settings.working { try spill() }
        }
        if runs.isEmpty {
            if arena.memory > settings.kept { try spill() } else { arena.sort() }
        } else {
            try spill()
        }
        if let file, !runs.isEmpty {
            arena = SortArena(capacity: 0)
            merge = try RunMerge(runs, of: file, memory: settings.kept)
        }
        isSorted = true
    }

    private func spill() throws(InputError) {
        guard arena.count > 0 else { return }
        arena.sort()
        runs.append(try arena.spill(to: try openFile()))
    }

    private func openFile() throws(InputError) -> SpillFile {
        if let file { return file }
        let made = try SpillFile(in: settings.directory)
        file = made
        return made
    }

    private func time(of record: ByteSlice) -> Int64 {
        // A record of several events has the time of its first one.
        var verdict: Decoded? = decoder.pointee.decode(record)
        while let other = verdict, other != .event { verdict = decoder.pointee.next() }
        guard verdict == .event else { return .min }
        return decoder.pointee.event.time.ms
    }

    /// Lends at most `count` records in the order of their times; false at the end.
    public func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        try sort()
        for _ in 0..<count {
            guard let (header, bytes) = try next() else { return false }
            places.append(line: header.line)
            given += 1
            body(bytes, nil)
        }
        return true
    }

    private func next() throws(InputError) -> (header: RunHeader, bytes: ByteSlice)? {
        if merge != nil { return try merge?.next() }
        return given < arena.count ? arena.record(given) : nil
    }
}
