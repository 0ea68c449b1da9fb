import Events
import Primitives

/// INGEST for one source partition: records in, blocks of partials out.
///
/// Pure and synchronous. Between flushes its only memory is the clock (highest event time, first open pane)
/// and at most one record set aside, whose offset is not yet covered by a block. A jump ahead that no record
/// timestamp confirms is set aside until the next event: one near it confirms it, one that goes on as before
/// sends it to the dead letters. So a single absurd time cannot close a month of panes. A record of several
/// events is folded whole or set aside whole, so that offsets cover whole records.
public struct IngestTask: ~Copyable {
    /// The source partition.
    public private(set) var source: Int
    /// Source partitions in all, for the receivers' watermarks.
    public let sources: Int
    /// Records and elements refused and not yet taken.
    public internal(set) var deadLetters: [DeadLetter] = []
    /// The clock that decides lateness.
    public internal(set) var clock: PartitionClock

    /// What was judged on trial, in the order of events.
    var judged: [Judged] = []
    /// Counts but for those of fields.
    var counts = Counters()
    private var patterns = PatternCounter()
    let plan: TopologyPlan
    private let schema: [UInt8]
    private let digest: UInt64
    private var folder: EventFolder
    /// The last offset processed.
    private var position: Int64
    /// The last offset covered by blocks.
    private var sentThrough: Int64
    /// What the receivers were told last; nil where it is not known.
    private var announced: Announcement?
    /// Whether the receivers are still to be told that the partition began anew.
    private var isRestart: Bool
    /// Hours since 1970 with an event, as far as they were noted; the last may stand there twice.
    private var hours: [UInt32] = []
    /// The first pane of the hour of the last event, and how many panes it has.
    private var hourStart: UInt32 = .max
    private let hourPanes: UInt32
    private var jumpBytes = ByteBuffer(capacity: 1024)
    private var pendingJump: PendingJump?
    /// What was decided about the jumps of a record of several events, in their order.
    var jumps: [Bool] = []
    private var pendingOrigin: RecordOrigin?
    /// Dead letters, from the first, whose origins are known.
    private var knownOrigins = 0
    private let letterBytes: Int

    struct PendingJump {
        var offset: Int64
        var timestampMs: Int64?
        /// The time of the jump.
        var time: EventTime
        /// The highest time before it; nil where it is the first.
        var highest: EventTime?
        var refusedBehind = 0
    }

    /// What the receivers are told beside the partials.
    private struct Announcement: Equatable {
        var firstOpenPane: UInt32
        var flags: UInt8
    }

    /// Bytes waiting for one partition at which `needsFlush` asks for a flush.
    public static let blockLimit = 400_000

    /// A task for `source`, continuing after `offset` (the committed one less 1) with the clock it had there.
    ///
    /// - Parameters:
    ///   - isRestart: the partition was made anew, and its offsets have begun again.
    ///   - letterBytes: bytes of a refused record that are kept.
    public init(
        plan: TopologyPlan, source: Int, sources: Int, after offset: Int64 = -1,
        clock: PartitionClock? = nil, isRestart: Bool = false,
        letterBytes: Int = DeadLetter.maxBytes
    ) {
        self.letterBytes = letterBytes
        self.plan = plan
        self.source = source
        self.sources = sources
        self.clock = clock ?? PartitionClock(plan.timing)
        self.isRestart = isRestart
        hourPanes = UInt32(max(1, 3_600_000 / plan.timing.paneWidth.ms))
        schema = BlockFormat.schema(of: plan)
        digest = schema.withUnsafeBytes { xxh3($0) }
        folder = EventFolder(plan)
        position = offset
        sentThrough = offset
    }

    /// Goes on behind `offset` of a source with the clock it has there, once everything is flushed.
    public mutating func begin(_ source: Int, after offset: Int64, clock: PartitionClock) {
        self.source = source
        self.clock = clock
        position = offset
        sentThrough = offset
        announced = nil
    }

    /// What was done since the last call.
    public mutating func takeCounters() -> Counters {
        let counters = counters
        counts = Counters()
        patterns = PatternCounter()
        return counters
    }

    /// What was done so far; costs a copy.
    public var counters: Counters {
        var counters = counts
        counters.coverage = patterns.total
        return counters
    }

    /// Events processed so far.
    public var processed: Int { counts.processed }

    /// The last offset whose record is wholly accounted for: what may be committed once flushed. Offsets that
    /// hold nothing to read may follow it.
    public var processedOffset: Int64 { pendingJump.map { $0.offset - 1 } ?? position }

    /// Whether a jump ahead waits for the next event.
    public var hasPendingJump: Bool { pendingJump != nil }

    /// Reads one record; `record` is nil for a tombstone.
    ///
    /// - Parameters:
    ///   - timestampMs: the record's timestamp; nil where it has none.
    ///   - decoder: the shard's decoder; its event is not kept.
    @inline(__always)
    public mutating func ingest(
        _ record: ByteSlice?, offset: Int64, timestampMs: Int64?, decoder: inout EventDecoder
    ) {
        _ = take(record, offset: offset, timestampMs: timestampMs, decoder: &decoder)
    }

    /// Reads one record as `ingest` does, and says whether it is one event, which `decoder` then still has.
    @inline(__always)
    public mutating func take(
        _ record: ByteSlice?, offset: Int64, timestampMs: Int64?, decoder: inout EventDecoder
    ) -> Bool {
        counts.consumed += 1
        let bytes = record ?? ByteSlice(start: nil, count: 0)
        let verdict = decoder.decode(bytes)
        if decoder.isSplit {
            ingestSplit(verdict, bytes, offset: offset, timestampMs: timestampMs, &decoder)
            position = offset
            return false
        }
        guard verdict == .event else {
            refuse(verdict, offset: offset, bytes, decoder: &decoder)
            position = offset
            return false
        }
        if pendingJump != nil { settle(next: decoder.event.time, bytes, decoder: &decoder) }
        admit(decoder.event, bytes, offset: offset, timestampMs: timestampMs, confirmed: false)
        position = offset
        return true
    }

    /// Takes a record that is no event. Settling what is set aside decodes something else.
    @inline(never)
    private mutating func refuse(
        _ verdict: Decoded, offset: Int64, _ bytes: ByteSlice, decoder: inout EventDecoder
    ) {
        let (field, hint, skipped) = (decoder.rejectedField, decoder.hint, decoder.skipped)
        if pendingJump != nil { countBehindJump(1, decoder: &decoder) }
        if case .rejected(let reason) = verdict {
            reject(reason, field, offset: offset, bytes, hint: hint)
        } else {
            counts.skippedRecords += 1
            counts.skipped += skipped
        }
    }

    /// Folds the decoded event, or refuses it or sets it aside.
    @inline(__always)
    private mutating func admit(
        _ event: Event, _ bytes: ByteSlice, offset: Int64, timestampMs: Int64?, confirmed: Bool
    ) {
        let verdict = clock.judge(event.time, timestampMs: timestampMs, confirmed: confirmed)
        if clock.isOnTrial { note(verdict, event.time) }
        switch verdict {
        case .onTime(let pane):
            fold(event, pane: pane, offset: offset)
        case .late(let pane):
            if fold(event, pane: pane, offset: offset) { counts.late += 1 }
        case .tooLate: reject(.tooLate, .time, offset: offset, bytes)
        case .future: reject(.future, .time, offset: offset, bytes)
        case .jump:
            let record = PendingJump(
                offset: offset, timestampMs: timestampMs, time: event.time, highest: clock.highest)
            setAside(record, bytes)
        }
    }

    /// Keeps what a trial decided about an event.
    @inline(never)
    mutating func note(_ verdict: PartitionClock.Verdict, _ time: EventTime) {
        let isPlain = if case .onTime = verdict { true } else { false }
        judged.append(Judged(time: time, isPlain: isPlain))
    }

    /// Folds an event of a pane that is; false where it only moves the clock.
    @inline(__always)
    @discardableResult
    mutating func fold(_ event: Event, pane: UInt32, offset: Int64) -> Bool {
        guard plan.panes.contains(pane) else {
            counts.outside += 1
            return false
        }
        folder.fold(event, pane: pane)
        counts.processed += 1
        if pane &- hourStart >= hourPanes { noteHour(of: pane) }
        patterns.count(event, at: FieldCoverage.Place(source: source, offset: offset))
        return true
    }

    @inline(never)
    private mutating func noteHour(of pane: UInt32) {
        hours.append(pane / hourPanes)
        hourStart = pane / hourPanes * hourPanes
    }

    /// The hours since 1970 in which an event was folded since the last call, in no order, some of them repeatedly.
    public mutating func takeHours() -> [UInt32] {
        defer { hours.removeAll(keepingCapacity: true) }
        hourStart = .max
        return hours
    }

    /// Sets a record aside until the next event decides about its jump.
    @inline(never)
    mutating func setAside(_ record: PendingJump, _ bytes: ByteSlice) {
        jumpBytes.removeAll()
        jumpBytes.append(bytes)
        pendingJump = record
    }

    @inline(never)
    mutating func reject(
        _ reason: RejectReason, _ field: EventField?, offset: Int64, _ bytes: ByteSlice,
        element: Int? = nil, hint: RefusalHint? = nil
    ) {
        counts.rejected[reason.index] += 1
        var letter = DeadLetter(
            offset: offset, reason: reason, field: field, record: bytes, keeping: letterBytes)
        (letter.element, letter.hint, letter.reached) = (element, hint, clock.highest)
        deadLetters.append(letter)
    }

    /// Decides about the record set aside now that the next event's time is known, then decodes that again.
    @inline(never)
    mutating func settle(next: EventTime, _ bytes: ByteSlice, decoder: inout EventDecoder) {
        guard let record = pendingJump else { return }
        settleJump(
            record, confirmed: next.ms >= record.time.ms - plan.timing.maxLatenessMs,
            decoder: &decoder)
        _ = decoder.decode(bytes)
    }

    /// Counts a refused record behind the one set aside, which goes too where they become many: their dead
    /// letters wait with it.
    mutating func countBehindJump(_ count: Int, decoder: inout EventDecoder) {
        guard var record = pendingJump else { return }
        record.refusedBehind += count
        pendingJump = record
        if record.refusedBehind > Self.mostBehindJump {
            settleJump(record, confirmed: false, decoder: &decoder)
        }
    }

    private mutating func settleJump(
        _ record: PendingJump, confirmed: Bool, decoder: inout EventDecoder
    ) {
        pendingJump = nil
        let letters = deadLetters.count
        defer {
            for i in letters..<deadLetters.count { deadLetters[i].origin = pendingOrigin }
            pendingOrigin = nil
        }
        let bytes = jumpBytes.bytes
        let verdict = decoder.decode(bytes)
        if decoder.isSplit {
            return foldJump(
                verdict, record, bytes, confirmed: confirmed, decoder: &decoder)
        }
        guard confirmed, verdict == .event else {
            return reject(.future, .time, offset: record.offset, bytes)
        }
        admit(
            decoder.event, bytes, offset: record.offset, timestampMs: record.timestampMs,
            confirmed: true)
    }

    /// Ends the source: a record set aside is admitted if it is the first or lies within a day, else refused;
    /// every pane seen is closed by the next flush.
    public mutating func finish(decoder: inout EventDecoder) {
        if let record = pendingJump {
            let dayMs: Int64 = 86_400_000
            let near = record.highest.map { record.time.ms <= $0.ms + dayMs } ?? true
            settleJump(record, confirmed: near, decoder: &decoder)
        }
        clock.closeAll()
    }

    /// Closes every pane seen: the source is caught up and silent. The next flush says so.
    public mutating func closeIdle() { clock.closeAll() }

    /// Takes the records refused since the last call, as far as `processedOffset`: what lies behind a record set aside
    /// is read again after a restart, and handed out once that is settled.
    public mutating func takeDeadLetters() -> [DeadLetter] {
        guard !deadLetters.isEmpty else { return [] }
        defer { knownOrigins = deadLetters.count }
        guard pendingJump != nil else {
            defer { deadLetters = [] }
            return deadLetters
        }
        let through = processedOffset
        let taken = deadLetters.filter { $0.offset <= through }
        deadLetters.removeAll { $0.offset <= through }
        return taken
    }

    /// Whether a record was refused or set aside of which it is not known yet what it had beside its value.
    public var wantsOrigins: Bool {
        deadLetters.count > knownOrigins || pendingJump != nil && pendingOrigin == nil
    }

    /// Notes what refused records had beside their values, while the batch they came in is still there.
    ///
    /// - Parameter origin: called with a record's offset.
    public mutating func noteOrigins(_ origin: (_ offset: Int64) -> RecordOrigin?) {
        for i in knownOrigins..<deadLetters.count where deadLetters[i].origin == nil {
            deadLetters[i].origin = origin(deadLetters[i].offset)
        }
        knownOrigins = deadLetters.count
        if let record = pendingJump, pendingOrigin == nil {
            pendingOrigin = origin(record.offset) ?? RecordOrigin()
        }
    }

    /// Records refused behind one set aside before that is refused as well.
    private static let mostBehindJump = 256

    /// Whether some partition's partials have reached the size of a block.
    public func needsFlush() -> Bool {
        for t in 0..<plan.partitions where folder.sections.bytes(for: t) >= Self.blockLimit {
            return true
        }
        return false
    }

    /// What the receivers are to know beside the partials.
    public enum SourceState: Sendable {
        /// Records go on coming.
        case active
        /// All there was has been read; the watermark still waits for what comes.
        case caughtUp
        /// Nothing came for the idle timeout.
        case idle
        /// Nothing will come any more.
        case ended

        var flags: UInt8 {
            switch self {
            case .active: 0
            case .caughtUp: BlockFormat.Flags.caughtUp
            case .idle: BlockFormat.Flags.idle
            case .ended: BlockFormat.Flags.end
            }
        }
    }

    /// Hands out what was read since the last flush: where offsets are covered that were not, or the clock
    /// or the state moved, a block for every shuffle partition, several where one would be too large.
    ///
    /// So each receiver sees an unbroken chain of ranges, whatever of it concerns its entities.
    ///
    /// - Parameters:
    ///   - through: the last offset covered: the position to be committed less 1. It includes what was read,
    ///     without the record set aside, and what holds nothing to read up to the next record.
    ///   - sink: called with the partition and the block's bytes, lent.
    public mutating func flush(
        through: Int64, state: SourceState = .active,
        _ sink: (_ partition: Int, _ block: ByteSlice) -> Void
    ) {
        precondition(
            through >= sentThrough && through >= processedOffset
                && through < pendingJump?.offset ?? .max,
            "a flush covers what was read and not yet covered, without the record set aside")
        guard through > sentThrough || hasNews(state) else { return }
        for t in 0..<plan.partitions {
            var rest = Cursor()
            repeat {
                writeBlock(for: t, flags: state.flags, to: through, &rest)
                output.withBytes { sink(t, $0) }
            } while rest.section < folder.sections.sectionCount(for: t)
            folder.sections.clear(target: t)
        }
        sentThrough = through
        announced = announcement(state)
        isRestart = false
    }

    /// Whether a flush would hand out blocks even where no further offsets are covered: the clock or the state
    /// moved, or receivers do not know yet that the partition was made anew.
    public func hasNews(_ state: SourceState) -> Bool {
        if isRestart { return true }
        return announced.map { $0 != announcement(state) }
            ?? (state.flags != 0 || clock.highest != nil)
    }

    private func announcement(_ state: SourceState) -> Announcement {
        Announcement(
            firstOpenPane: clock.limited(to: plan.panes).firstOpenPane, flags: state.flags)
    }

    private var output = ByteBuffer(capacity: 65_536)

    private mutating func writeBlock(
        for target: Int, flags: UInt8, to through: Int64, _ rest: inout Cursor
    ) {
        output.removeAll()
        let hasContent = folder.sections.sectionCount(for: target) > 0
        precondition(rest.part <= UInt8.max, "a flush came far too late")
        let flags = flags | (isRestart ? BlockFormat.Flags.restart : 0)
        output.append(integer: BlockFormat.magic)
        output.append(flags)
        output.append(UInt8(rest.part))
        output.append(integer: UInt16(hasContent ? schema.count : 0))
        output.append(integer: UInt32(source))
        output.append(integer: UInt32(sources))
        output.append(integer: sentThrough)
        output.append(integer: through)
        let told = clock.limited(to: plan.panes)
        output.append(integer: told.highest?.ms ?? .min)
        output.append(integer: told.lowestPane ?? .max)
        output.append(integer: told.firstOpenPane)
        output.append(integer: UInt32(plan.timing.paneWidth.ms))
        output.append(integer: digest)
        output.append(integer: plan.application)
        output.append(integer: UInt32(0))
        if hasContent { schema.withUnsafeBytes { output.append($0) } }
        let bodyStart = output.count
        writeSections(for: target, &rest)
        output.store(UInt32(output.count - bodyStart), at: BlockFormat.HeaderOffset.bodyLength)
        rest.part += 1
        if rest.section < folder.sections.sectionCount(for: target) {
            output.store(flags | BlockFormat.Flags.more, at: BlockFormat.HeaderOffset.flags)
        }
    }

    /// Writes whole partials until the block is full.
    private mutating func writeSections(for target: Int, _ rest: inout Cursor) {
        while rest.section < folder.sections.sectionCount(for: target) {
            let section = folder.sections.section(rest.section, for: target)
            let whole = ByteSlice(start: section.base, count: section.count)
            let part = Self.partials(
                of: ByteSlice(rebasing: whole[rest.offset...]),
                limit: Self.blockBytes - output.count - BlockFormat.sectionHeaderSize)
            // A block of its own takes any partial; a full one leaves it to the next.
            guard !part.isEmpty else { return }
            output.append(integer: section.pane)
            output.append(integer: UInt32(part.count))
            output.append(part)
            rest.offset += part.count
            guard rest.offset == section.count else { return }
            rest.section += 1
            rest.offset = 0
        }
    }

    /// How far a target's sections are written.
    private struct Cursor {
        var part = 0
        var section = 0
        var offset = 0
    }

    /// As many whole partials from the front as fit `limit` bytes.
    private static func partials(of bytes: ByteSlice, limit: Int) -> ByteSlice {
        if bytes.count <= limit { return bytes }
        var end = 0
        while let length = PartialReader.length(ByteSlice(rebasing: bytes[end...])),
            end + length <= limit
        {
            end += length
        }
        return ByteSlice(rebasing: bytes[..<end])
    }

    /// Bytes of a block at most: below the brokers' usual limit of a record, 1 MB.
    public static let blockBytes = 900_000
}
