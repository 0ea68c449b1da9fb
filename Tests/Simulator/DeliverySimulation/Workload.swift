import ClusterSimulation
import Primitives
import TestSupport
import Topology

/// The records of a run, by input partition, and the rules they are judged by.
///
/// Event times of live traffic follow the virtual clock, so that a partition that is silent is silent in both. Accounts that
/// share cards come and go, so that episodes begin, are updated and end all the time. Some events are late,
/// too late, ahead of their time, set aside, or no events at all. History lies hours back and in chunks (`History`).
struct Workload {
    /// A record and when it is produced.
    struct Record {
        var atMs: Int64
        var timestampMs: Int64
        var bytes: [UInt8]
    }

    /// Records by partition, in their order.
    var partitions: [[Record]]
    /// When the last record is produced.
    let endMs: Int64
    /// Offsets from which on a partition cannot be committed before it ends: its last event is a jump ahead that
    /// nothing confirms.
    var pendingFrom: [Int32: Int64] = [:]
    let timing: TopologyPlan.Timing
    /// Whether records hold several events each, and what makes them so.
    let isBatched: Bool

    /// Event time at virtual time 0.
    static let originMs = Cluster.epochMs

    /// Records for so many partitions, until `endMs`.
    init(
        seed: UInt64, partitions count: Int, endMs: Int64, history: History? = nil,
        isBatched: Bool = false, hasFarms: Bool = false
    ) {
        self.endMs = endMs
        self.isBatched = isBatched
        timing = TopologyPlan.Timing(
            paneWidth: PaneWidth(ms: 1_000) ?? .standard, latenessMs: 2_000,
            maxLatenessMs: 20_000, maxFutureSkewMs: 5_000)
        partitions = Array(repeating: [], count: count)
        var random = TestRandom(seed: seed)
        var crowd = Crowd(&random)
        if hasFarms { crowd.farms = Farms(seed: seed) }
        if let history {
            for partition in 0..<count {
                let made = history.partition(until: endMs, crowd, &random)
                partitions[partition] = made.records
                pendingFrom[Int32(partition)] = made.pendingFrom
            }
            if isBatched { pack(seed) }
            return
        }
        for partition in 0..<count {
            var atMs = Int64.random(in: 0...300, using: &random)
            let gapMs = Int64.random(in: 60...260, using: &random)
            while atMs < endMs {
                partitions[partition].append(Self.record(atMs, crowd, &random))
                atMs += Int64.random(in: 1...(2 * gapMs), using: &random)
            }
            // Every partition ends with an ordinary event at the end: all come as far in event time.
            partitions[partition].append(
                Self.ordinary(endMs, endMs, crowd, &random))
        }
        if isBatched { pack(seed) }
    }

    /// Records in all.
    var count: Int { partitions.reduce(0) { $0 + $1.count } }

    private static func record(
        _ atMs: Int64, _ crowd: Crowd, _ random: inout TestRandom
    ) -> Record {
        switch Int.random(in: 0..<400, using: &random) {
        case 0: return Record(atMs: atMs, timestampMs: originMs + atMs, bytes: refused)
        case 1: return ordinary(atMs, atMs - 40_000, crowd, &random)
        case 2: return ordinary(atMs, atMs + 3_600_000, crowd, &random)
        case 3: return ahead(atMs, 60_000, crowd, &random)
        case 4: return ahead(atMs, 20_500, crowd, &random)
        case 5...12:
            return ordinary(
                atMs, atMs - Int64.random(in: 3_000...9_000, using: &random), crowd, &random)
        default:
            return ordinary(
                atMs, atMs - Int64.random(in: 0...1_500, using: &random), crowd, &random)
        }
    }

    /// An event that lies ahead, in a record whose timestamp is no help, as of imported history: it is set aside.
    private static func ahead(
        _ atMs: Int64, _ byMs: Int64, _ crowd: Crowd, _ random: inout TestRandom
    ) -> Record {
        var record = ordinary(atMs, atMs + byMs, crowd, &random)
        record.timestampMs = originMs + atMs + byMs + 3_600_000
        return record
    }

    private static func ordinary(
        _ atMs: Int64, _ timeMs: Int64, _ crowd: Crowd, _ random: inout TestRandom
    ) -> Record {
        let bytes = crowd.event(originMs + max(0, timeMs), atMs, &random)
        return Record(atMs: atMs, timestampMs: originMs + atMs, bytes: bytes)
    }

    /// A record that is no event.
    static let refused = Array("{\"tim\":7}".utf8)
}

/// Accounts and what they share.
struct Crowd {
    /// Farms among them; nil where there are none.
    var farms: Farms?
    private let accounts: Int
    private let cards: Int
    /// A card's busy time: from, for how long, and how many accounts use it.
    private let bursts: [(card: Int, fromMs: Int64, forMs: Int64, accounts: Int)]

    init(_ random: inout TestRandom) {
        accounts = Int.random(in: 12...60, using: &random)
        cards = Int.random(in: 3...12, using: &random)
        var bursts: [(card: Int, fromMs: Int64, forMs: Int64, accounts: Int)] = []
        for _ in 0..<Int.random(in: 4...10, using: &random) {
            bursts.append(
                (
                    Int.random(in: 0..<cards, using: &random),
                    Int64.random(in: 0...100_000, using: &random),
                    Int64.random(in: 4_000...25_000, using: &random),
                    Int.random(in: 3...9, using: &random)
                ))
        }
        self.bursts = bursts
    }

    /// A request of an account.
    struct Request {
        var account: String
        /// How old the account is; nil where the event does not say.
        var ageDays: Int64?
        var tokens: Int64
        /// Values by kind.
        var fingerprints: [(kind: String, value: String)] = []
    }

    /// An event as JSON.
    func event(_ timeMs: Int64, _ atMs: Int64, _ random: inout TestRandom) -> [UInt8] {
        // What farms ask is most of the traffic while one is at work.
        if let farms, random.next() % 4 != 0, let request = farms.request(at: atMs, &random) {
            return Self.json(request, timeMs)
        }
        return Self.json(request(at: atMs, &random), timeMs)
    }

    private func request(at atMs: Int64, _ random: inout TestRandom) -> Request {
        var account = Int.random(in: 0..<accounts, using: &random)
        var card = account % cards
        let busy = bursts.filter { $0.fromMs <= atMs && atMs < $0.fromMs + $0.forMs }
        if let burst = busy.randomElement(using: &random), random.next() % 4 != 0 {
            account = 1_000 + burst.card * 10 + Int.random(in: 0..<burst.accounts, using: &random)
            card = burst.card
        }
        var request = Request(
            account: "a\(account)", ageDays: account % 3 == 0 ? Int64(account % 40) : nil,
            tokens: Int64.random(in: 1...900, using: &random))
        request.fingerprints = [
            ("payment", "card\(card)"),
            ("ip", "10.0.\(account % 5).\(Int.random(in: 1...3, using: &random))"),
        ]
        if account % 2 == 0 { request.fingerprints.append(("device", "device\(account % 7)")) }
        return request
    }

    private static func json(_ request: Request, _ timeMs: Int64) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("time")
        writer.value(timeMs)
        writer.key("account")
        writer.value(request.account)
        writer.key("output_tokens")
        writer.value(request.tokens)
        if let days = request.ageDays {
            writer.key("account_created")
            writer.value(Workload.originMs - 86_400_000 * days)
        }
        writer.key("fingerprints")
        writer.beginObject()
        for (kind, value) in request.fingerprints {
            writer.key(kind)
            writer.value(value)
        }
        writer.endObject()
        writer.endObject()
        return writer.buffer.array()
    }
}
