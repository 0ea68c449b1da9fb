import Primitives

/// Writing state for snapshots.
extension EntityStore {
    /// The least a roll writes, where there is so much.
    public static let leastRollBytes = 1 << 20

    /// Writes what changed since the last call, and a roll: unchanged entities from the key `start` on, about
    /// as many bytes as of changed ones. The first call, and one with `isFull`, write everything.
    ///
    /// From then on changes are noted; the marks of those written are cleared. O(what is written), O(entities)
    /// where more was changed than there is.
    ///
    /// - Parameters:
    ///   - leastRoll: bytes the roll has at least.
    ///   - entity: called with each entity's bytes, lent.
    ///   - removed: called with each key that was removed and is not there again.
    /// - Returns: the keys the roll covered, unchanged and changed.
    public mutating func encodeChanges(
        from start: UInt64, leastRoll: Int = leastRollBytes, isFull: Bool = false,
        entity: (ByteSlice) -> Void, removed: (UInt64) -> Void
    ) -> KeySpan {
        var buffer = ByteBuffer(capacity: 4096)
        if isFull || !changes.isOn {
            _ = encode(0 ... .max, into: &buffer, entity) { record in
                record.isChanged = false
                return true
            }
            changes.restart()
            return .all(from: start)
        }
        for key in changes.removed where index.find(key) == nil { removed(key) }
        let bytes =
            changes.isOverfull
            ? encode(0 ... .max, into: &buffer, entity) { $0.isChanged }
            : encodeListed(into: &buffer, entity)
        let roll = encodeRoll(from: start, bytes: max(bytes, leastRoll), into: &buffer, entity)
        clearMarks()
        changes.restart()
        return roll
    }

    /// Writes the entities of a range that `isWanted`, and returns their bytes.
    private func encode(
        _ keys: ClosedRange<UInt64>, into buffer: inout ByteBuffer, _ entity: (ByteSlice) -> Void,
        _ isWanted: (EntityRecord) -> Bool
    ) -> Int {
        var walk = index.walk(keys)
        var bytes = 0
        while let record = index.next(&walk) {
            if isWanted(record) { bytes += encode(record, into: &buffer, entity) }
        }
        return bytes
    }

    private func encode(
        _ record: EntityRecord, into buffer: inout ByteBuffer, _ entity: (ByteSlice) -> Void
    ) -> Int {
        buffer.removeAll()
        record.encode(into: &buffer, layout(of: record.kind))
        record.isStored = true
        entity(buffer.bytes)
        return buffer.count
    }

    /// Keys looked ahead: their slots, and half as far their records.
    private static let ahead = 16

    /// Calls `body` with the record of every listed key that is still marked.
    private func forEachListed(_ body: (EntityRecord) -> Void) {
        for i in 0..<changes.count {
            if i + Self.ahead < changes.count {
                index.prefetchSlot(changes.changed[i + Self.ahead])
            }
            let near = i + Self.ahead / 2
            if near < changes.count { index.prefetchRecord(changes.changed[near]) }
            if let record = index.find(changes.changed[i]), record.isChanged { body(record) }
        }
    }

    /// Writes the changed entities. A key may be listed twice (removed, and there again): the record is
    /// written twice then, which the reader passes over.
    private func encodeListed(
        into buffer: inout ByteBuffer, _ entity: (ByteSlice) -> Void
    ) -> Int {
        var bytes = 0
        forEachListed { bytes += encode($0, into: &buffer, entity) }
        return bytes
    }

    /// Writes unchanged entities, range by range, until there are enough or the walk is around.
    private func encodeRoll(
        from start: UInt64, bytes wanted: Int, into buffer: inout ByteBuffer,
        _ entity: (ByteSlice) -> Void
    ) -> KeySpan {
        // A few hundred entities at a time.
        let width = UInt64.max / UInt64(max(1, index.count / 256)) / 2 + 1
        var written = 0
        var covered: UInt64 = 0
        while written < wanted {
            let first = start &+ covered
            let left = UInt64.max - covered
            // A range ends with the key space, and where the roll began.
            let step = min(width - 1, UInt64.max - first, left)
            written += encode(first...first + step, into: &buffer, entity) { !$0.isChanged }
            if step == left { return .all(from: start) }
            covered += step + 1
        }
        return KeySpan(start: start, end: start &+ covered)
    }

    private func clearMarks() {
        guard changes.isOverfull else { return forEachListed { $0.isChanged = false } }
        var walk = index.walk(0 ... .max)
        while let record = index.next(&walk) { record.isChanged = false }
    }
}
