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

    /// Hash of the entity's value, seeded with its kind.
    public var key: UInt64 { record.key }
    /// The entity's value.
    public var value: ByteSlice { record.value(layout) }
    /// The kind's index among the tracked ones; -1 for an account.
    public var kind: Int { record.kind == EntityRecord.accountKind ? -1 : Int(record.kind) }
    /// Panes since the entity was first seen.
    public var agePanes: UInt32 { now - min(now, record.firstSeen) }
    /// The last pane the entity was active in.
    public var lastSeen: Pane { Pane(index: record.lastSeen) }

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
        let exponent = eachEntry(of: dimension, window: window) { entry, _ in
            let load = record.load(of: entry, window: window, now: now, shape)
            loads.sampled += 1
            loads.sum += load
            loads.sumOfSquares += Double(load) * Double(load)
            loads.largest = max(loads.largest, load)
        }
        loads.values = scaled(loads.sampled, exponent)
        return loads
    }

    /// Values seen within `window` panes whose first is younger than `age` panes.
    public func newborn(dimension: Int, window: UInt32, youngerThan age: UInt32) -> Double {
        var young = 0
        let exponent = eachEntry(of: dimension, window: window) { entry, _ in
            if now - min(now, entry.first) < age { young += 1 }
        }
        return scaled(young, exponent)
    }

    /// Distinct hours with activity within `window` panes.
    public func activeHours(window: UInt32) -> Int {
        let hour = UInt32(clamping: Int64(now) * paneWidth.ms / 3_600_000)
        let hours = UInt32(clamping: (Int64(window) * paneWidth.ms + 3_599_999) / 3_600_000)
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
    public func view(of key: UInt64, at pane: Pane) -> EntityView? {
        guard let record = index.find(key) else { return nil }
        return view(of: record, at: pane)
    }

    /// A lent entity as seen from `pane`.
    public func view(of entity: EntityReference, at pane: Pane) -> EntityView {
        view(of: entity.record, at: pane)
    }

    /// The entity with `key`.
    public func reference(to key: UInt64) -> EntityReference? {
        index.find(key).map(EntityReference.init)
    }

    /// Whether some window still reaches the entity from `pane`; a sweep may free it at any time where none
    /// does, so nothing may depend on what it holds then.
    public func isLive(_ entity: EntityReference, at pane: Pane) -> Bool {
        let record = entity.record
        return pane.index - min(pane.index, record.lastSeen) < layout(of: record.kind).retention
    }

    private func view(of record: EntityRecord, at pane: Pane) -> EntityView {
        EntityView(
            record: record, layout: layout(of: record.kind), now: pane.index, paneWidth: paneWidth)
    }
}
