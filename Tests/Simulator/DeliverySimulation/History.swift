import Primitives
import TestSupport

/// Event times as they lie on topics that were filled as fast as it went: chunks with hours between them, in
/// partitions that end early, begin late, or hold next to nothing.
struct History {
    /// What a partition looks like.
    enum Shape: CaseIterable {
        case whole, endsEarly, beginsLate, gaps, empty, single, refusedAlone, jumpsBack,
            endsWithJump
    }

    /// Whether records come over the whole run, at a pace of each partition's; else all are there at the start.
    var isPaced: Bool
    /// Whether the run ends its partitions: a jump ahead at the end of one is decided then.
    var isEnded: Bool
    /// When chunks begin, in milliseconds of event time, rising.
    private let moments: [Int64]

    /// A partition.
    struct Partition {
        var records: [Workload.Record] = []
        var pendingFrom: Int64?
    }

    private static let hourMs: Int64 = 3_600_000
    /// Far enough back that no jump comes near the records' timestamps.
    private static let firstMs = -100 * hourMs

    init(isPaced: Bool, isEnded: Bool, seed: UInt64) {
        self.isPaced = isPaced
        self.isEnded = isEnded
        var random = TestRandom(seed: seed &+ 77)
        let spanMs = Int64.random(in: 1...9, using: &random) * Self.hourMs
        moments = (0..<Int.random(in: 5...10, using: &random)).map { _ in
            Self.firstMs + Int64.random(in: 0...spanMs, using: &random)
        }.sorted()
    }

    /// A partition of some shape, whose records come until `endMs` at the latest.
    func partition(
        until endMs: Int64, _ crowd: Crowd, _ random: inout TestRandom
    ) -> Partition {
        let isStamped = !isEnded || random.next() % 2 == 0
        var maker = Maker(crowd: crowd, isStamped: isStamped)
        let shapes = Shape.allCases.filter { isEnded || $0 != .endsWithJump }
        let shape = shapes.randomElement(using: &random) ?? .whole
        fill(&maker, shape, &random)
        var partition = Partition(records: maker.records, pendingFrom: maker.pendingFrom)
        if isPaced { pace(&partition.records, endMs, &random) }
        return partition
    }

    private func fill(_ maker: inout Maker, _ shape: Shape, _ random: inout TestRandom) {
        let quarter = moments.count / 4 + 1
        switch shape {
        case .empty: break
        case .single: maker.addSingle(moments.randomElement(using: &random) ?? 0, &random)
        case .refusedAlone:
            for _ in 0..<Int.random(in: 1...60, using: &random) { maker.addRefused() }
        case .whole: chunks(moments, &maker, &random)
        case .endsEarly: chunks(moments.prefix(quarter), &maker, &random)
        case .beginsLate: chunks(moments.suffix(quarter), &maker, &random)
        case .gaps: chunks(moments.filter { $0 % 2 == 0 }, &maker, &random)
        case .jumpsBack: chunks(moments, &maker, &random, jumps: true)
        case .endsWithJump:
            chunks(moments.prefix(quarter), &maker, &random)
            maker.addLastJump(Int64.random(in: 1...40, using: &random) * Self.hourMs, &random)
        }
    }

    private func chunks(
        _ moments: some Collection<Int64>, _ maker: inout Maker, _ random: inout TestRandom,
        jumps: Bool = false
    ) {
        for moment in moments { maker.addChunk(from: moment, jumps: jumps, &random) }
    }

    /// Spreads records over a part of the run.
    private func pace(
        _ records: inout [Workload.Record], _ endMs: Int64, _ random: inout TestRandom
    ) {
        let fromMs = Int64.random(in: 0...(endMs / 2), using: &random)
        let forMs = Int64.random(in: 1_000...(endMs / 2), using: &random)
        for i in records.indices {
            records[i].atMs = fromMs + forMs * Int64(i) / Int64(records.count)
        }
    }

    /// Makes the records of one partition.
    private struct Maker {
        let crowd: Crowd
        /// Whether records carry their event's time; else that of their arrival, which confirms no jump.
        let isStamped: Bool
        var records: [Workload.Record] = []
        var pendingFrom: Int64?
        private var lastMs: Int64 = 0

        init(crowd: Crowd, isStamped: Bool) {
            self.crowd = crowd
            self.isStamped = isStamped
        }

        mutating func addChunk(from momentMs: Int64, jumps: Bool, _ random: inout TestRandom) {
            // Chunks that overlap go on where the one before ended: producers send in order.
            var timeMs = max(momentMs, lastMs == 0 ? momentMs : lastMs)
            let stepMs = Int64.random(in: 20...400, using: &random)
            for number in 0..<Int.random(in: 20...60, using: &random) {
                timeMs += Int64.random(in: 0...stepMs, using: &random)
                if number > 2, random.next() % 40 == 0 { addRefused() }
                if number > 2, jumps, random.next() % 20 == 0 {
                    add(timeMs + Int64.random(in: 1...20, using: &random) * hourMs, &random, false)
                }
                let lateMs = random.next() % 20 == 0 ? Int64(4_000) : 0
                let jitterMs = Int64.random(in: 0...1_500, using: &random)
                add(timeMs - (number > 2 ? lateMs + jitterMs : 0), &random, isStamped)
            }
            lastMs = timeMs
        }

        mutating func addSingle(_ timeMs: Int64, _ random: inout TestRandom) {
            if !isStamped { pendingFrom = Int64(records.count) }
            add(timeMs, &random, isStamped)
        }

        /// A jump at the very end: whether it counts is decided when the partition ends.
        mutating func addLastJump(_ byMs: Int64, _ random: inout TestRandom) {
            pendingFrom = Int64(records.count)
            add(lastMs + byMs, &random, false)
        }

        mutating func addRefused() {
            records.append(
                Workload.Record(
                    atMs: 0, timestampMs: Workload.originMs, bytes: Workload.refused))
        }

        private mutating func add(
            _ timeMs: Int64, _ random: inout TestRandom, _ isStamped: Bool
        ) {
            let bytes = crowd.event(
                Workload.originMs + timeMs, (timeMs % 100_000 + 100_000) % 100_000, &random)
            records.append(
                Workload.Record(
                    atMs: 0, timestampMs: Workload.originMs + (isStamped ? timeMs : 0),
                    bytes: bytes))
        }
    }
}
