import Detection
import Primitives

/// What people have decided about the accounts and fingerprints of a task, as far as event time has come.
///
/// A verdict waits until event time has reached it and holds until it ends. Of each entity the last judgement
/// (`confirmed`, `benign`) and the last measure (`banned`, `limited`, `restored`) hold, by time and then by place in
/// the topic, in whatever order they come. So the table is a function of the verdicts that came and of the time.
///
/// Invariants: no verdict holds that has ended; `ends` names the end of each that holds. Memory: about 150 bytes a
/// verdict; over `limit` those go first that end soonest, and are counted.
public struct VerdictTable: Sendable {
    /// What holds for one entity.
    public struct Standing: Equatable, Sendable {
        /// What it was said to be.
        public internal(set) var judgement: VerdictBlock?
        /// What was done about it.
        public internal(set) var measure: VerdictBlock?

        /// Whether it was said to be no abuse.
        public var isBenign: Bool { judgement?.word == .benign }
        /// Whether it was said to take part in abuse.
        public var isConfirmed: Bool { judgement?.word == .confirmed }
        /// What `reputation()` is in rules.
        var reputation: Double { isConfirmed ? 1 : 0 }
        /// When the account was banned; nil where it is not.
        public var bannedAt: EventTime? { measure?.word == .banned ? measure?.time : nil }
    }

    /// Verdicts that hold, and verdicts that wait, at most.
    public static let limit = 200_000

    /// Verdicts that were forgotten because there were too many.
    public private(set) var forgotten = 0
    private let limit: Int
    private var standings: [UInt64: Standing] = [:]
    private var count = 0
    private var waiting = TimeQueue<VerdictBlock>()
    private var ends = TimeQueue<UInt64>()

    /// No verdicts.
    public init(limit: Int = VerdictTable.limit) { self.limit = limit }

    /// Whether nothing holds: the question that is asked first.
    public var isEmpty: Bool { standings.isEmpty }
    /// About how many bytes it takes.
    public var memoryBytes: Int { 150 * (count + waiting.count) }

    /// What holds for the entity with `key`; nil where nothing does.
    public subscript(key: UInt64) -> Standing? { standings[key] }

    /// Whether the entity with `key` was said to be no abuse.
    public func isBenign(_ key: UInt64) -> Bool {
        !standings.isEmpty && standings[key]?.isBenign == true
    }

    /// Takes in a verdict, which has no effect before its time.
    public mutating func receive(_ verdict: VerdictBlock) {
        waiting.insert(verdict, at: verdict.time, order: verdict.offset)
        // What lies furthest ahead is the least use.
        if waiting.count > limit {
            waiting.removeLast()
            forgotten += 1
        }
    }

    /// Lets everything hold that was decided before `time`, and nothing that has ended by then.
    ///
    /// - Parameter changed: called with the key of each entity for which something else holds now, perhaps repeatedly.
    public mutating func advance(to time: EventTime, changed: (UInt64) -> Void = { _ in }) {
        while let next = waiting.first, next.time < time {
            waiting.removeFirst()
            take(next.item)
            changed(next.item.key)
        }
        while let next = ends.first, next.time <= time {
            ends.removeFirst()
            if end(next.item, at: next.time) { changed(next.item) }
        }
    }

    /// When something else holds next; nil where that is not known.
    public var nextChange: EventTime? {
        // What was decided at a time holds from behind it.
        [waiting.first?.time.advanced(byMs: 1), ends.first?.time].compactMap(\.self).min()
    }

    private mutating func take(_ verdict: VerdictBlock) {
        var standing = standings[verdict.key] ?? Standing()
        let part = Self.part(of: verdict.word)
        if let known = standing[keyPath: part] {
            guard known.isBefore(verdict) else { return }
        } else {
            count += 1
        }
        standing[keyPath: part] = verdict
        standings[verdict.key] = standing
        // Verdicts about a campaign's members end at one time and come in the order of their offsets.
        ends.insert(verdict.key, at: verdict.until, order: verdict.offset)
        while count > limit, let next = ends.first {
            ends.removeFirst()
            if end(next.item, at: next.time) { forgotten += 1 }
        }
    }

    /// Ends what ends at a time for the entity with `key`; false where something else holds by now.
    private mutating func end(_ key: UInt64, at time: EventTime) -> Bool {
        guard var standing = standings[key] else { return false }
        var hasEnded = false
        for part in [\Standing.judgement, \Standing.measure]
        where standing[keyPath: part]?.until == time {
            standing[keyPath: part] = nil
            count -= 1
            hasEnded = true
        }
        let isOver = standing.judgement == nil && standing.measure == nil
        standings[key] = isOver ? nil : standing
        return hasEnded
    }

    private static func part(
        of word: VerdictWord
    ) -> WritableKeyPath<Standing, VerdictBlock?> {
        word.isJudgement ? \.judgement : \.measure
    }
}

/// The table in a snapshot: an item for each verdict, first those that hold in the order they end in, then those that wait. Equal tables
/// give equal bytes.
extension VerdictTable {
    /// Writes the table, item by item.
    public func encode(_ item: ((inout ByteBuffer) -> Void) -> Void) {
        // In the order they end in, so that a load appends to the queue of ends.
        let held = standings.values.flatMap { [$0.judgement, $0.measure].compactMap(\.self) }
        let sorted = held.sorted { ($0.until, $0.offset, $0.key) < ($1.until, $1.offset, $1.key) }
        for verdict in sorted {
            item {
                $0.append(1)
                verdict.encode(into: &$0)
            }
        }
        waiting.forEach { verdict in
            item {
                $0.append(0)
                verdict.encode(into: &$0)
            }
        }
    }

    /// Reads an item back into a table; false where the bytes are none.
    public mutating func load(_ item: ByteSlice) -> Bool {
        var reader = ByteReader(item)
        guard let flag = reader.integer(UInt8.self), flag < 2, let verdict = VerdictBlock(&reader),
            reader.remaining == 0
        else { return false }
        if flag == 1 { take(verdict) } else { receive(verdict) }
        return true
    }

    /// A digest of the table; 0 for an empty one.
    public func digest() -> UInt64 {
        guard !isEmpty || waiting.first != nil else { return 0 }
        var buffer = ByteBuffer()
        encode { $0(&buffer) }
        return xxh3(buffer.bytes)
    }
}

/// Items by time, then by order; those that come in order cost little.
struct TimeQueue<Element: Sendable>: Sendable {
    struct Entry: Sendable {
        var time: EventTime
        var order: Int64
        var item: Element
    }

    private var entries: [Entry] = []
    /// The first that is left.
    private var head = 0

    var count: Int { entries.count - head }
    var first: Entry? { head < entries.count ? entries[head] : nil }

    mutating func insert(_ item: Element, at time: EventTime, order: Int64) {
        let entry = Entry(time: time, order: order, item: item)
        var (low, high) = (head, entries.count)
        if let last = entries.last, (last.time, last.order) <= (time, order) { low = high }
        while low < high {
            let middle = (low + high) / 2
            if (entries[middle].time, entries[middle].order) <= (time, order) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        entries.insert(entry, at: low)
    }

    mutating func removeFirst() {
        head += 1
        guard head > 1024, 2 * head > entries.count else { return }
        entries.removeFirst(head)
        head = 0
    }

    mutating func removeLast() { entries.removeLast() }

    func forEach(_ body: (Element) -> Void) {
        for entry in entries[head...] { body(entry.item) }
    }
}
