import Primitives

/// What the book says to emit: a step in the lifecycle of one finding.
public struct Transition: Equatable, Sendable {
    /// The step.
    public var status: Finding.Status
    /// The rule's index in its set.
    public var rule: Int
    /// The entity's key.
    public var entityKey: UInt64
    /// When the episode started.
    public var start: EventTime
    /// The last time the condition held.
    public var lastHeld: EventTime
    /// The end of the pane evaluated.
    public var time: EventTime
    /// 0 for create, then 1, 2, ... within the episode.
    public var sequence: Int
    /// Whom it is about: what `setSubject` was told after the create; nil for a create.
    public var subject: Subject?

    /// A step with all its parts.
    public init(
        status: Finding.Status, rule: Int, entityKey: UInt64, start: EventTime,
        lastHeld: EventTime, time: EventTime, sequence: Int, subject: Subject? = nil
    ) {
        self.status = status
        self.rule = rule
        self.entityKey = entityKey
        self.start = start
        self.lastHeld = lastHeld
        self.time = time
        self.sequence = sequence
        self.subject = subject
    }
}

/// A rule on an entity whose condition must be evaluated at every pane close.
public struct WatchedEntity: Hashable, Comparable, Sendable {
    /// The entity's key.
    public var entityKey: UInt64
    /// The rule's index in its set.
    public var rule: Int

    /// A rule on an entity.
    public init(entityKey: UInt64, rule: Int) {
        self.entityKey = entityKey
        self.rule = rule
    }

    /// Orders by key, then rule.
    public static func < (a: WatchedEntity, b: WatchedEntity) -> Bool {
        (a.entityKey, a.rule) < (b.entityKey, b.rule)
    }
}

/// Whom a finding is about, kept while it is open: the entity's own state may be gone before the close.
public struct Subject: Equatable, Sendable {
    /// `account`, or the fingerprint's kind.
    public var kind: String
    /// The account or the fingerprint's value.
    public var value: [UInt8]

    /// A subject.
    public init(kind: String, value: [UInt8]) {
        self.kind = kind
        self.value = value
    }
}

/// Where every rule stands with every entity: pure and deterministic.
///
/// At each pane close, in this order: `expire(at:)`; for each entry of `watched` and each entity the pane
/// touched, evaluate and `observe`. A rule on an entity is *idle* (no entry), *pending* (holds, but not yet
/// for `for`), *firing* (a finding is open) or *cooling* (closed, and the cooldown is not over; the condition
/// may hold again, which is counted once as suppressed and creates a finding when the cooldown ends).
///
/// Invariants: an entry exists only for what is not idle; times never go back. Memory: about 100 bytes an
/// entry, and at most `limit` entries; beyond, new ones are refused and counted.
public struct FindingBook: ~Copyable {
    /// Numbers about the book.
    public struct Counters: Equatable, Sendable {
        /// Findings open now.
        public var open = 0
        /// Conditions that hold, but not yet long enough.
        public var pending = 0
        /// Findings not created because of a cooldown.
        public var suppressed: UInt64 = 0
        /// Conditions that held while the book was full.
        public var refused: UInt64 = 0

        /// All zero.
        public init() {}
    }

    /// Entries at most.
    public let limit: Int
    /// Numbers about the book.
    public internal(set) var counters = Counters()
    var table: BookTable
    private let lifecycles: [Lifecycle]
    private var order: [WatchedEntity] = []
    private var isOrdered = true
    /// No cooldown ends before this.
    private var nextExpiry = EventTime(ms: .max)

    /// An empty book for rules with these lifecycles, by index in their set.
    public init(lifecycles: [Lifecycle], limit: Int = 1_000_000) {
        self.lifecycles = lifecycles
        self.limit = limit
        table = BookTable()
    }

    /// An empty book for the rules of `set`.
    public init(_ set: RuleSet, limit: Int = 1_000_000) {
        self.init(lifecycles: set.rules.map(\.lifecycle), limit: limit)
    }

    /// Entries of any state.
    public var count: Int { table.count }

    /// What must be evaluated at every pane close, by key and rule: whatever is pending or firing, or holds
    /// within a cooldown. Sorted again only after changes.
    public var watched: [WatchedEntity] {
        mutating get {
            if !isOrdered { sortWatched() }
            return order
        }
    }

    private mutating func sortWatched() {
        order.removeAll(keepingCapacity: true)
        table.forEach { id, entry in if entry.isWatched { order.append(id) } }
        order.sort()
        isOrdered = true
    }

    /// Tells the book whether a condition holds at the end of a pane; returns the step to emit, if any.
    ///
    /// O(1), and without allocation where nothing holds and nothing is open.
    public mutating func observe(
        rule: Int, entityKey: UInt64, holds: Bool, at paneEnd: EventTime
    ) -> Transition? {
        let id = WatchedEntity(entityKey: entityKey, rule: rule)
        let slot = table.find(id)
        if slot < 0 { return holds ? begin(id, at: paneEnd) : nil }
        var entry = table[slot]
        let wasWatched = entry.isWatched
        let transition = entry.observe(holds, id, lifecycles[rule], at: paneEnd, &counters)
        let isIdle = entry.isIdle(at: paneEnd)
        if isIdle { table.remove(slot) } else { table[slot] = entry }
        if entry.phase == .cooling { nextExpiry = min(nextExpiry, entry.coolsUntil) }
        if wasWatched != (entry.isWatched && !isIdle) { isOrdered = false }
        return transition
    }

    private mutating func begin(_ id: WatchedEntity, at paneEnd: EventTime) -> Transition? {
        guard table.count < limit else {
            counters.refused += 1
            return nil
        }
        var entry = BookEntry()
        let transition = entry.observe(true, id, lifecycles[id.rule], at: paneEnd, &counters)
        table.insert(id, entry)
        isOrdered = false
        return transition
    }

    /// Whether a finding of the rule about the entity is open. O(1).
    public func isOpen(rule: Int, entityKey: UInt64) -> Bool {
        let slot = table.find(WatchedEntity(entityKey: entityKey, rule: rule))
        return slot >= 0 && table[slot].phase == .firing
    }

    /// The entities with an open finding, by key; an entity of several rules more than once. O(entries).
    public var openEntities: [UInt64] {
        var keys: [UInt64] = []
        table.forEach { id, entry in if entry.phase == .firing { keys.append(id.entityKey) } }
        return keys.sorted()
    }

    /// Forgets cooldowns that are over by `time`; O(entries) where one may be, else O(1).
    public mutating func expire(at time: EventTime) {
        guard nextExpiry <= time else { return }
        var over: [WatchedEntity] = []
        var next = EventTime(ms: .max)
        table.forEach { id, entry in
            guard entry.phase == .cooling else { return }
            if entry.isIdle(at: time) {
                over.append(id)
            } else if entry.coolsUntil > time {
                next = min(next, entry.coolsUntil)
            }
        }
        for id in over { table.remove(table.find(id)) }
        nextExpiry = next
    }

    /// Forgets what the book has on a rule and an entity; an open finding is never closed then.
    public mutating func remove(rule: Int, entityKey: UInt64) {
        let slot = table.find(WatchedEntity(entityKey: entityKey, rule: rule))
        guard slot >= 0 else { return }
        table[slot].count(into: &counters, by: -1)
        table.remove(slot)
        isOrdered = false
    }

    /// Remembers whom the open finding is about: call it after a create; updates and the close carry it.
    public mutating func setSubject(_ subject: Subject, rule: Int, entityKey: UInt64) {
        let slot = table.find(WatchedEntity(entityKey: entityKey, rule: rule))
        if slot >= 0 { table[slot].subject = subject }
    }

    /// Puts back an entry read from a snapshot.
    mutating func restore(_ id: WatchedEntity, _ entry: BookEntry) {
        table.insert(id, entry)
        entry.count(into: &counters, by: 1)
        isOrdered = false
        if entry.phase == .cooling { nextExpiry = min(nextExpiry, entry.coolsUntil) }
    }
}
