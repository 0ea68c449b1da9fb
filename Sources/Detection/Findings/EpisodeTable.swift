import Primitives

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

/// Where every rule stands with every entity, and which step of an episode follows from what holds now.
///
/// States of a rule on an entity: *idle* (it has no entry), *pending* (the condition holds, but not yet for `for`),
/// *firing* (a finding is open) and *cooling* (the finding is closed, and the cooldown is not over). While cooling, the
/// condition may hold again: that is counted once as suppressed, and creates a finding when the cooldown ends.
///
/// At each pane close the caller first calls `expire(at:)`, then evaluates each entry of `watched` and each entity
/// that the pane touched, and tells the table with `observe`:
///
///     var episodes = EpisodeTable(lifecycles: set.rules.map(\.lifecycle))
///     episodes.expire(at: end)
///     if let step = episodes.observe(rule: 0, entityKey: key, holds: true, at: end) {
///         // A finding is created, updated or closed.
///     }
///
/// Invariants: an entry exists only for what is not idle; times never go back; the steps depend on the calls alone, and
/// on no clock. Memory: about 100 bytes an entry, and at most `limit` entries; beyond, new ones are refused and counted.
public struct EpisodeTable: ~Copyable {
    /// What the table counts.
    public struct Counters: Equatable, Sendable {
        /// Findings open now.
        public var open = 0
        /// Conditions that hold, but not yet long enough.
        public var pending = 0
        /// Findings not created because of a cooldown.
        public var suppressed: UInt64 = 0
        /// Conditions that held while the table was full.
        public var refused: UInt64 = 0

        /// Counters that are all zero.
        public init() {}
    }

    /// The most entries there are at a time.
    public let limit: Int
    /// What the table has counted so far.
    public internal(set) var counters = Counters()
    var episodes = EpisodeMap()
    private let lifecycles: [Lifecycle]
    private var order: [WatchedEntity] = []
    private var isOrdered = true
    /// No cooldown ends before this.
    private var nextExpiry = EventTime(ms: .max)

    /// An empty table for rules with these lifecycles, by index in their set.
    public init(lifecycles: [Lifecycle], limit: Int = 1_000_000) {
        self.lifecycles = lifecycles
        self.limit = limit
    }

    /// The number of entries in any state.
    public var count: Int { episodes.count }

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
        episodes.appendWatched(to: &order)
        order.sort()
        isOrdered = true
    }

    /// Takes in whether a condition holds at the end of a pane; returns the step that follows, if any.
    ///
    /// O(1), and without allocation where nothing holds and nothing is open.
    public mutating func observe(
        rule: Int, entityKey: UInt64, holds: Bool, at paneEnd: EventTime
    ) -> Transition? {
        let id = WatchedEntity(entityKey: entityKey, rule: rule)
        let slot = episodes.find(id)
        if slot < 0 { return holds ? begin(id, at: paneEnd) : nil }
        let wasWatched = episodes[slot].isWatched
        let transition = episodes[slot].observe(
            holds, id, lifecycles[rule], at: paneEnd, &counters)
        if episodes[slot].phase == .cooling {
            nextExpiry = min(nextExpiry, episodes[slot].coolsUntil)
        }
        let isIdle = episodes[slot].isIdle(at: paneEnd)
        if wasWatched != (episodes[slot].isWatched && !isIdle) { isOrdered = false }
        if isIdle { episodes.remove(slot) }
        return transition
    }

    private mutating func begin(_ id: WatchedEntity, at paneEnd: EventTime) -> Transition? {
        guard episodes.count < limit else {
            counters.refused += 1
            return nil
        }
        var entry = Episode()
        let transition = entry.observe(true, id, lifecycles[id.rule], at: paneEnd, &counters)
        episodes.insert(id, entry)
        isOrdered = false
        return transition
    }

    /// The findings open now of the rules, by index, that `isCounted` says yes to. O(entries).
    public func openCount(_ isCounted: (Int) -> Bool) -> Int {
        var open = 0
        episodes.forEach { id, entry in
            if entry.phase == .firing, isCounted(id.rule) { open += 1 }
        }
        return open
    }

    /// Whether a finding of the rule about the entity is open. O(1).
    public func isOpen(rule: Int, entityKey: UInt64) -> Bool {
        let slot = episodes.find(WatchedEntity(entityKey: entityKey, rule: rule))
        return slot >= 0 && episodes[slot].phase == .firing
    }

    /// The entities with an open finding, by key; an entity of several rules more than once. O(entries).
    public var openEntities: [UInt64] {
        var keys: [UInt64] = []
        episodes.forEach { id, entry in if entry.phase == .firing { keys.append(id.entityKey) } }
        return keys.sorted()
    }

    /// Removes the entries whose cooldowns are over by `time`; O(entries) where one may be, else O(1).
    public mutating func expire(at time: EventTime) {
        guard nextExpiry <= time else { return }
        var over: [WatchedEntity] = []
        var next = EventTime(ms: .max)
        episodes.forEach { id, entry in
            guard entry.phase == .cooling else { return }
            if entry.isIdle(at: time) {
                over.append(id)
            } else if entry.coolsUntil > time {
                next = min(next, entry.coolsUntil)
            }
        }
        for id in over { episodes.remove(episodes.find(id)) }
        nextExpiry = next
    }

    /// Keeps whom the open finding is about, so that its updates and its close can name it: call this after a create.
    public mutating func setSubject(_ subject: Subject, rule: Int, entityKey: UInt64) {
        let slot = episodes.find(WatchedEntity(entityKey: entityKey, rule: rule))
        if slot >= 0 { episodes[slot].subject = subject }
    }

    /// Adds an entry that was read from a snapshot.
    mutating func restore(_ id: WatchedEntity, _ entry: Episode) {
        episodes.insert(id, entry)
        entry.count(into: &counters, by: 1)
        isOrdered = false
        if entry.phase == .cooling { nextExpiry = min(nextExpiry, entry.coolsUntil) }
    }
}
