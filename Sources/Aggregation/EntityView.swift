import Primitives

/// One entity as its rules see it when a pane closes.
///
/// A borrowed view: valid until the store changes.
public struct EntityView: FeatureSource {
    let record: EntityRecord
    let layout: RecordLayout
    /// Index of the pane being evaluated.
    let now: UInt32
    let paneWidth: PaneWidth
    /// Panes the engine has watched before this one.
    let watched: UInt32
    /// 1 while a verdict holds that confirms the entity, else 0; whoever knows of verdicts sets it.
    public var reputation = 0.0

    /// Hash of the entity's value, seeded with its kind.
    public var key: UInt64 { record.key }
    /// The entity's value.
    public var value: ByteSlice { record.value(layout) }
    /// What sort of entity it is.
    public var kind: EntityKind { record.kind }
    /// Panes since the entity was first seen.
    public var agePanes: UInt32 { now - min(now, record.firstSeen) }
    /// The last pane the entity was active in.
    public var lastSeen: Pane { Pane(index: record.lastSeen) }
    /// Panes since that one.
    public var silence: UInt32 { now - min(now, record.lastSeen) }

    /// The sum of a measure over the last `window` panes.
    public func sum(measure: Int, window: UInt32) -> Int64 {
        record.sum(measure: measure, window: window, now: now, layout)
    }

    /// Distinct values of a dimension within `window` panes; estimated beyond the sample size.
    public func distinct(dimension: Int, window: UInt32) -> Double {
        var seen = 0
        let exponent = eachEntry(of: dimension, window: window) { _, _ in seen += 1 }
        return scaled(seen, exponent)
    }

    /// How requests spread over the values of a dimension within `window` panes.
    public func loads(dimension: Int, window: UInt32) -> Loads {
        let shape = layout.dimension[dimension]
        var loads = Loads(values: 0, sampled: 0, sum: 0, sumOfSquares: 0, largest: 0)
        var (second, third): (Int64, Int64) = (0, 0)
        let exponent = eachEntry(of: dimension, window: window) { entry, _ in
            let load = record.load(of: entry, window: window, now: now, shape)
            loads.sampled += 1
            loads.sum += load
            loads.sumOfSquares += Double(load) * Double(load)
            if load > third { third = load }
            if third > second { swap(&second, &third) }
            if second > loads.largest { swap(&loads.largest, &second) }
        }
        loads.runnersUp = second + third
        loads.values = scaled(loads.sampled, exponent)
        return loads
    }

    /// Values seen within `window` panes that were created, or where that is unknown first seen here, fewer
    /// than `age` panes ago. NaN where the creation of one is unknown, and the engine has watched for less.
    public func newborn(dimension: Int, window: UInt32, youngerThan age: UInt32) -> Double {
        var young = 0
        var isUnknown = false
        let exponent = eachEntry(of: dimension, window: window) { entry, _ in
            if now - min(now, entry.first) < age { young += 1 }
            if !entry.isBornKnown { isUnknown = true }
        }
        return isUnknown && watched < age ? .nan : scaled(young, exponent)
    }

    /// A measure in the equal stretches of the last `window` panes.
    public func stretches(measure: Int, window: UInt32) -> Stretches {
        record.stretches(measure: measure, window: window, now: now, layout)
    }

    /// Distinct hours with activity among the last `hours`, the one the pane begins in included.
    public func activeHours(hours: UInt32) -> Int {
        let hour = UInt32(clamping: Int64(now) * paneWidth.ms / 3_600_000)
        return record.activeHours(last: hours, upTo: hour, layout)
    }

    /// The sampled values with the highest loads within the window, highest first, ties by text.
    ///
    /// Allocates: for evidence, not for conditions. Counts are those of the sampled values themselves.
    public func top(dimension: Int, count: Int, window: UInt32) -> [(value: [UInt8], count: Int64)]
    {
        let shape = layout.dimension[dimension]
        guard shape.isNamed else { return [] }
        var found: [(value: [UInt8], count: Int64)] = []
        eachEntry(of: dimension, window: window) { entry, offset in
            let name = record.name(of: entry, dimension: dimension, at: offset, shape)
            let load =
                shape.bucketWidth > 0
                ? record.load(of: entry, window: window, now: now, shape) : 1
            found.append((Array(name), load))
        }
        found.sort { a, b in
            a.count == b.count ? a.value.lexicographicallyPrecedes(b.value) : a.count > b.count
        }
        return Array(found.prefix(count))
    }

    /// One sampled value of a dimension.
    public struct Value {
        /// The value's hash.
        public var hash: UInt64
        /// The value as text; empty where the dimension is not named.
        public var name: ByteSlice
        /// The pane in which the value (an account) was created; nil where unknown.
        public var born: UInt32?
        /// The first pane it was seen in with the entity, as far as is known; where its creation is remembered, that
        /// or the entity's own first pane, whichever is later.
        public var first: UInt32
        /// The last pane it was seen in.
        public var last: UInt32
        /// Its requests within the dimension's load window; 0 where no loads are kept.
        public var load: Int64
    }

    /// Calls `body` with every sampled value of a dimension that some window reaches, by hash: all values while they
    /// are few, else an even sample.
    public func forEachValue(of dimension: Int, _ body: (Value) -> Void) {
        let shape = layout.dimension[dimension]
        eachEntry(of: dimension, window: layout.retention) { entry, offset in
            let born = entry.isBornKnown ? entry.first : nil
            let load =
                shape.bucketWidth > 0
                ? record.load(of: entry, window: shape.loadWindow, now: now, shape) : 0
            let name =
                shape.isNamed
                ? record.name(of: entry, dimension: dimension, at: offset, shape)
                : ByteSlice(start: nil, count: 0)
            body(
                Value(
                    hash: entry.hash, name: name, born: born,
                    first: born == nil
                        ? entry.first : min(entry.last, max(entry.first, record.firstSeen)),
                    last: entry.last, load: load))
        }
    }

    /// Calls `body` with every sampled entry last seen within the window and where its sample begins;
    /// returns the exponent the window is scaled by.
    @inline(__always) @discardableResult
    private func eachEntry(
        of dimension: Int, window: UInt32, _ body: (EntityRecord.Entry, Int) -> Void
    ) -> UInt8 {
        let exponent = record.exponent(dimension: dimension, window: window, now: now)
        let shape = layout.dimension[dimension]
        let offset = record.entriesOffset(dimension, layout)
        for i in 0..<record.sample(dimension).count {
            let entry = record.entry(i, at: offset, shape)
            guard now - entry.last < window else { continue }
            guard EntityRecord.isSampled(entry.hash, exponent: exponent) else { break }
            body(entry, offset)
        }
        return exponent
    }

    private func scaled(_ count: Int, _ exponent: UInt8) -> Double {
        Double(count) * Double(UInt64(1) << UInt64(min(62, exponent)))
    }
}

extension EntityStore {
    /// The entity with `key` as seen from `pane`, which must not lie before its last activity.
    ///
    /// - Parameter watched: panes the engine has watched before this one.
    public func view(of key: UInt64, at pane: Pane, watched: UInt32 = .max) -> EntityView? {
        guard let record = index.find(key), !record.isRemnant else { return nil }
        return view(of: EntityReference(record: record), at: pane, watched: watched)
    }

    /// A lent entity that is live, as seen from `pane`.
    public func view(
        of entity: EntityReference, at pane: Pane, watched: UInt32 = .max
    ) -> EntityView {
        let record = entity.record
        return EntityView(
            record: record, layout: layout(of: record.kind), now: pane.index, paneWidth: paneWidth,
            watched: watched)
    }

    /// The entity with `key`.
    public func reference(to key: UInt64) -> EntityReference? {
        index.find(key).map(EntityReference.init)
    }

    /// Whether some window still reaches the entity from `pane`; a sweep may free it at any time where none
    /// does, so nothing may depend on what it holds then.
    public func isLive(_ entity: EntityReference, at pane: Pane) -> Bool {
        let record = entity.record
        return !record.isRemnant
            && pane.index - min(pane.index, record.lastSeen) < layout(of: record.kind).retention
    }
}
