import Broker
import Execution
import Kafka
import Primitives
import Replay

/// A partition of a topic as a source: its committed records between two offsets.
///
/// It joins no group and commits nothing. Control records and aborted ones are offsets without a record. Brokers that
/// go are waited for.
public final class TopicSource: RecordSource {
    /// Offsets that were to be read and are not there any more.
    public struct Hole: Sendable, Equatable {
        /// The offsets.
        public var offsets: Range<Int64>
        /// The timestamp of the last record in front of them, in epoch milliseconds; nil where there is none.
        public var beforeMs: Int64?
        /// That of the first record behind them.
        public var behindMs: Int64?
    }

    /// How far a source has come: what a later one goes on from.
    public struct Mark: Sendable, Equatable {
        /// The next offset to be read.
        public var position: Int64
        /// Records lent.
        public var records: Int
        /// What retention has taken, before reading began or while it went on.
        public var holes: [Hole]

        /// A mark.
        public init(position: Int64, records: Int = 0, holes: [Hole] = []) {
            self.position = position
            self.records = records
            self.holes = holes
        }
    }

    /// `topic[partition]`.
    public let name: String
    /// What is read.
    public let part: TopicRange.Part
    /// How far it has come.
    public private(set) var mark: Mark

    private let reader: TopicReading
    private var feed: PartitionFeed?
    private let places: PlaceList
    private var lastMs: Int64?
    /// Whether all that is to be read was read.
    private var isEnded = false
    /// Records in a row that lie behind the time at which the range ends.
    private var beyond = 0
    /// What went wrong behind the records lent last.
    private var failure: BrokerError?
    /// The number of the first hole whose end has no time yet.
    private var openHoles = 0

    init(_ part: TopicRange.Part, from mark: Mark?, _ reader: TopicReading) {
        self.part = part
        self.reader = reader
        name = "\(reader.topic)[\(part.partition)]"
        self.mark = mark ?? Mark(position: part.offsets.lowerBound)
        places = PlaceList(behind: Int64(self.mark.records))
        openHoles = self.mark.holes.count
        var kept = part.offsets.lowerBound
        if case .offset(let end)? = reader.range.request.to { kept = min(kept, end) }
        guard mark == nil, let asked = part.asked, asked < kept else { return }
        self.mark.holes.append(Hole(offsets: asked..<kept))
    }

    /// Where it reads from; set once before the first record, and again where it has to begin anew.
    func attach(_ feed: PartitionFeed?) { self.feed = feed }

    /// Offsets between those read that hold no record: transaction markers, aborted or compacted records.
    public var emptyOffsets: Int {
        let lost = mark.holes.reduce(0) { $0 + $1.offsets.clamped(to: part.offsets).count }
        return max(0, Int(mark.position - part.offsets.lowerBound) - mark.records - lost)
    }

    /// It is a partition of a topic.
    public var isPartition: Bool { true }

    /// What retention has taken; times are those of the records around it.
    public var gaps: [Gap] { Self.gaps(mark.holes, of: name) }

    static func gaps(_ holes: [Hole], of name: String) -> [Gap] {
        holes.map { hole in
            let from = hole.beforeMs ?? hole.behindMs
            let to = hole.behindMs ?? hole.beforeMs
            let lost = hole.offsets.count
            let detail =
                lost == 0
                ? "records in front of offset \(hole.offsets.lowerBound) are gone by retention"
                : "offsets \(hole.offsets.lowerBound) to \(hole.offsets.upperBound - 1) are gone by retention"
            return Gap(
                .retention, source: name, detail: detail, records: lost == 0 ? nil : lost,
                span: from.flatMap { from in
                    to.map { EventTime(ms: min(from, $0))...EventTime(ms: max(from, $0)) }
                })
        }
    }

    /// Offsets, of those to be read.
    public var progress: (done: Int, total: Int)? {
        (Int(mark.position - part.offsets.lowerBound), Int(part.offsetCount))
    }

    /// The topic, the partition and the offset: known of the last 8,192 records.
    public func place(ofRecord offset: Int64) -> String {
        places.line(ofRecord: offset).map { "\(name)@\($0)" } ?? "\(name), record \(offset + 1)"
    }

    /// Keeps the offsets of the last 8,192 records and of those behind `offset`.
    public func forgetPlaces(before offset: Int64) { places.forget(before: offset) }

    /// How far it has come, with its holes.
    public var bookmark: [UInt8] { mark.encoded }

    /// Nothing to do: a source is opened where its mark is.
    public func resume(behind records: Int64, _ bookmark: [UInt8]) throws(InputError) {
        guard TopicSource.Mark(bookmark) == mark, mark.records == Int(records) else {
            throw .topic(name: name, reason: "it was not opened where the checkpoint stands")
        }
    }

    /// Lends what is there, at most `count` records, and waits for the first; false behind the last one.
    public func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        try readPlaced(count) { record, offset, timestampMs in
            places.append(line: offset)
            body(record ?? ByteSlice(start: nil, count: 0), timestampMs)
        }
    }

    /// The same with each record's offset; a null value is nil.
    func readPlaced(
        _ count: Int, _ body: (_ record: ByteSlice?, _ offset: Int64, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        var silence = Silence(reader)
        while !isEnded, mark.position < part.offsets.upperBound {
            guard let feed, let queue = feed.queues[part.partition] else { return false }
            if queue.backlog < Self.low { feed.wake() }
            var taken = 0
            queue.withBatch(max: count, waitMs: Self.waitMs) { batch in
                for (index, entry) in batch.enumerated() {
                    switch entry.kind {
                    case .failure: failure = queue.failure(at: index)
                    case .end: reachEnd(entry.offset)
                    case .record: if lend(entry, body) { taken += 1 }
                    }
                }
            }
            if taken > 0 {
                reader.limit?.take(taken)
                silence.end(name)
                return !isEnded && mark.position < part.offsets.upperBound
            }
            if let failure {
                self.failure = nil
                try meet(failure)
            }
            try silence.wait(name, at: mark.position, part.offsets.upperBound)
        }
        return false
    }

    /// Below so many entries ahead a sleeping fetcher is woken.
    private static let low = 256
    private static let waitMs: Int32 = 10

    /// Records in a row with timestamps behind the end of a range of times, after which it has ended: timestamps are not
    /// in order where producers set them, and a marker has the time at which its transaction ended.
    public static let mostBeyond = 1_000

    private func reachEnd(_ offset: Int64) {
        guard offset >= part.offsets.upperBound else { return }
        isEnded = true
        if part.timedEnd == nil { mark.position = part.offsets.upperBound }
    }

    /// Whether a record lies behind the time at which the range ends.
    private func isBeyond(_ offset: Int64, _ stampMs: Int64?) -> Bool {
        guard let end = part.timedEnd, offset >= end, let endMs = reader.endMs,
            stampMs ?? .max >= endMs
        else {
            beyond = 0
            return false
        }
        beyond += 1
        if beyond > Self.mostBeyond { isEnded = true }
        return true
    }

    /// False for a record that is not of the range.
    private func lend(
        _ entry: Entry,
        _ body: (_ record: ByteSlice?, _ offset: Int64, _ timestampMs: Int64?) -> Void
    ) -> Bool {
        reachEnd(entry.offset)
        let stampMs = entry.timestampMs >= 0 ? entry.timestampMs : nil
        if isEnded || isBeyond(entry.offset, stampMs) { return false }
        while openHoles < mark.holes.count {
            mark.holes[openHoles].behindMs = stampMs
            openHoles += 1
        }
        if mark.position == part.offsets.lowerBound { noteRetention(stampMs, entry.offset) }
        mark.position = entry.offset + 1
        lastMs = stampMs
        mark.records += 1
        body(entry.valueBytes, entry.offset, stampMs)
        return true
    }

    /// A time before the first record kept was asked for: what lay between them may be gone.
    private func noteRetention(_ firstMs: Int64?, _ offset: Int64) {
        guard part.beginsAtRetention, part.asked == nil, let firstMs,
            case .time(let askedMs) = reader.start, firstMs > askedMs
        else { return }
        mark.holes.append(Hole(offsets: offset..<offset, beforeMs: askedMs, behindMs: firstMs))
        openHoles = mark.holes.count
    }

    /// Decides about a failure: what passes is waited for, what retention took is noted, the rest ends reading.
    private func meet(_ failure: BrokerError) throws(InputError) {
        switch failure.move {
        case .retry, .unreachable, .benign: return
        case .outOfRange: break
        default: throw .topic(name: name, reason: failure.description)
        }
        do throws(BrokerError) {
            guard let kept = try feed?.watermarks(of: part.partition) else { return }
            guard kept.low > mark.position else {
                // Behind the end: a broker without the last records leads for now.
                if kept.high >= mark.position { try restart(at: mark.position) }
                return
            }
            let next = min(kept.low, part.offsets.upperBound)
            reader.notice(
                "\(name): retention has taken the offsets \(mark.position) to \(next - 1) before they were read"
            )
            mark.holes.append(Hole(offsets: mark.position..<next, beforeMs: lastMs))
            mark.position = next
            if next < part.offsets.upperBound { try restart(at: next) }
        } catch {
            guard error.move == .retry || error.move == .unreachable else {
                throw .topic(name: name, reason: error.description)
            }
        }
    }

    /// Goes on at an offset with a client of its own: partitions are assigned to one once.
    private func restart(at offset: Int64) throws(BrokerError) {
        feed = try reader.feed([PartitionOffset(TopicPartition(0, part.partition), offset: offset)])
    }
}

extension TopicSource.Mark {
    /// The mark as bytes.
    var encoded: [UInt8] {
        var buffer = ByteBuffer(capacity: 32)
        buffer.append(integer: position)
        buffer.append(integer: Int64(records))
        for hole in holes {
            buffer.append(integer: hole.offsets.lowerBound)
            buffer.append(integer: hole.offsets.upperBound)
            buffer.append(integer: hole.beforeMs ?? .min)
            buffer.append(integer: hole.behindMs ?? .min)
        }
        return buffer.array()
    }

    /// Reads a source's bookmark; nil where it is something else.
    public init?(_ bookmark: [UInt8]) {
        let parsed = bookmark.withUnsafeBytes { bytes -> Self? in
            var reader = ByteReader(bytes)
            guard let position = reader.integer(Int64.self),
                let records = reader.integer(Int64.self)
            else { return nil }
            var mark = Self(position: position, records: Int(records))
            while reader.remaining > 0 {
                guard let lower = reader.integer(Int64.self),
                    let upper = reader.integer(Int64.self), lower <= upper,
                    let before = reader.integer(Int64.self),
                    let behind = reader.integer(Int64.self)
                else { return nil }
                mark.holes.append(
                    TopicSource.Hole(
                        offsets: lower..<upper, beforeMs: before == .min ? nil : before,
                        behindMs: behind == .min ? nil : behind))
            }
            return mark
        }
        guard let parsed else { return nil }
        self = parsed
    }
}

/// How long nothing has come, and what is said of it.
private struct Silence {
    private let reader: TopicReading
    private var startMs: Int64?
    private var isTold = false

    init(_ reader: TopicReading) { self.reader = reader }

    mutating func end(_ name: String) {
        if isTold { reader.notice("\(name): reading goes on") }
    }

    /// Notes that nothing came.
    ///
    /// - Throws: where that has lasted too long.
    mutating func wait(_ name: String, at position: Int64, _ end: Int64) throws(InputError) {
        let now = MachineClock.monotonicMs()
        let sinceMs = startMs ?? now
        startMs = sinceMs
        if now - sinceMs > reader.patienceMs {
            throw .topic(
                name: name,
                reason:
                    "nothing came for \(reader.patienceMs / 1_000) s at offset \(position), and there "
                    + "were records up to \(end)")
        }
        if now - sinceMs > TopicReading.noticeMs, !isTold {
            isTold = true
            reader.notice("\(name): waiting for brokers at offset \(position)")
        }
    }
}
