import Broker
import Kafka
import Primitives

/// Which records of a topic are asked for.
public struct TopicRequest: Sendable, Equatable {
    /// The topic.
    public var topic: String
    /// Where each partition begins; nil is the first record kept.
    public var from: RangeBound?
    /// Where each partition ends, exclusive; nil is its end.
    public var to: RangeBound?
    /// How much earlier than a time in `from` reading begins, in milliseconds: what windows look back, and by how
    /// much a record's timestamp may lie before the time of its event.
    public var paddingBeforeMs: Int64
    /// How much later than a time in `to` reading ends, in milliseconds: by how much a record may be later than its
    /// event.
    public var paddingAfterMs: Int64

    /// A request.
    public init(
        topic: String, from: RangeBound? = nil, to: RangeBound? = nil, paddingBeforeMs: Int64 = 0,
        paddingAfterMs: Int64 = 0
    ) {
        self.topic = topic
        self.from = from
        self.to = to
        self.paddingBeforeMs = paddingBeforeMs
        self.paddingAfterMs = paddingAfterMs
    }

    /// Where the records to be read begin.
    var start: RangeBound? { from.map { Self.moved($0, by: -paddingBeforeMs) } }
    /// Where they end.
    var end: RangeBound? { to.map { Self.moved($0, by: paddingAfterMs) } }

    private static func moved(_ bound: RangeBound, by ms: Int64) -> RangeBound {
        if case .time(let time) = bound { .time(ms: max(0, time + ms)) } else { bound }
    }
}

/// The offsets of a topic that are read, fixed once: what is written later is not part of it.
public struct TopicRange: Sendable, Equatable {
    /// What is read of one partition.
    public struct Part: Sendable, Equatable {
        /// The partition's number.
        public var partition: Int32
        /// The first offset read, and the one behind the last.
        public var offsets: Range<Int64>
        /// Where the first record at or behind a time in `to` stands, or a marker of a transaction; nil where no time was
        /// asked for, or nothing lies behind it. Records of the range may follow: see ``TopicSource/mostBeyond``.
        public var timedEnd: Int64?
        /// The first offset that was asked for; nil where a time was, or nothing.
        public var asked: Int64?
        /// Whether reading begins at the first record kept, and earlier ones are gone.
        public var beginsAtRetention: Bool

        /// A part.
        public init(
            partition: Int32, offsets: Range<Int64>, timedEnd: Int64? = nil, asked: Int64? = nil,
            beginsAtRetention: Bool = false
        ) {
            self.timedEnd = timedEnd
            self.partition = partition
            self.offsets = offsets
            self.asked = asked
            self.beginsAtRetention = beginsAtRetention
        }
    }

    /// What was asked for.
    public var request: TopicRequest
    /// The parts, by partition.
    public var parts: [Part]

    /// A range of known parts.
    public init(_ request: TopicRequest, parts: [Part]) {
        self.request = request
        self.parts = parts
    }

    /// Looks the offsets up. Ends are the last stable offsets: no transaction that is open now is waited for.
    ///
    /// - Throws: `.configuration` where there is no such topic, or no permission to read it; `.retry` where a partition
    ///   has no leader; `.unreachable`.
    public init(
        looking request: TopicRequest, _ properties: Properties
    ) throws(BrokerError) {
        let admin = try Admin(properties: properties, topics: [request.topic])
        let described = try admin.describe(request.topic).partitions
        if let silent = described.first(where: { $0.leader < 0 }) {
            throw BrokerError(
                .retry, action: "read \(request.topic)[\(silent.id)]",
                text: "the partition has no leader",
                advice: "wait until its brokers are back")
        }
        let partitions = described.map { TopicPartition(0, $0.id) }
        let kept = try admin.watermarks(partitions)
        let starts = try Self.offsets(request.start, partitions, admin)
        let ends = try Self.offsets(request.end, partitions, admin)
        self.request = request
        parts = partitions.map { partition in
            let marks = kept[partition] ?? OffsetRange(low: 0, high: 0)
            return Self.part(
                partition.number, marks, request, start: starts[partition], end: ends[partition])
        }
    }

    private static func part(
        _ number: Int32, _ marks: OffsetRange, _ request: TopicRequest, start: Int64?, end: Int64?
    ) -> Part {
        let isTimed = request.to?.time != nil
        let last = isTimed ? marks.high : min(marks.high, end ?? marks.high)
        let first = min(max(marks.low, start ?? marks.low), max(last, marks.low))
        var asked: Int64?
        if case .offset(let offset) = request.from { asked = offset }
        return Part(
            partition: number, offsets: first..<max(first, last),
            timedEnd: isTimed ? end.flatMap { $0 < last ? max(first, $0) : nil } : nil,
            asked: asked,
            beginsAtRetention: marks.low > 0 && first == marks.low && request.from != nil)
    }

    private static func offsets(
        _ bound: RangeBound?, _ partitions: [TopicPartition], _ admin: borrowing Admin
    ) throws(BrokerError) -> [TopicPartition: Int64] {
        switch bound {
        case nil: [:]
        case .offset(let offset):
            Dictionary(uniqueKeysWithValues: partitions.map { ($0, offset) })
        case .time(let ms): try admin.offsets(at: ms, of: partitions)
        }
    }

    /// Offsets to be read, about.
    public var offsetCount: Int64 { parts.reduce(0) { $0 + $1.offsetCount } }
    /// Whether no partition has an offset to read.
    public var isEmpty: Bool { parts.allSatisfy(\.offsets.isEmpty) }
}

extension TopicRange.Part {
    /// Offsets to be read, about.
    var offsetCount: Int64 { (timedEnd ?? offsets.upperBound) - offsets.lowerBound }
}
