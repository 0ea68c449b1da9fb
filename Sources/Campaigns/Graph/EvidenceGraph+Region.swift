/// What has to be clustered anew.
extension EvidenceGraph {
    /// The fingerprints that can be in one cluster with those `from`, or are in one record with them: what shares the
    /// fewest accounts that tie, from one to the next. Sorted by key; attributes are none.
    ///
    /// Nothing outside of the region ties with anything inside, so the region can be clustered by itself.
    mutating func region(
        from slots: [Int32], fingerprintsOf record: (Int32) -> [Int32]
    ) -> [Int32] {
        walkMark += 1
        var region: [Int32] = []
        for slot in slots {
            let start = region.count
            walk(from: slot, fingerprintsOf: record, &region)
            noteSize(of: region[start...])
        }
        region.sort { fingerprints[Int($0)].key < fingerprints[Int($1)].key }
        return region
    }

    private mutating func walk(
        from slot: Int32, fingerprintsOf record: (Int32) -> [Int32], _ region: inout [Int32]
    ) {
        var stack: [Int32] = []
        var tied: [Int32] = []
        reach(slot, &stack)
        while let slot = stack.popLast() {
            region.append(slot)
            let owner = fingerprints[Int(slot)].record
            if owner >= 0, !fingerprints[Int(slot)].isAttached {
                for other in record(owner) { reach(other, &stack) }
            }
            tied.removeAll(keepingCapacity: true)
            forEachTied(to: slot) { tied.append($0) }
            for other in tied { reach(other, &stack) }
        }
    }

    /// Calls `body` with what can be in one cluster with a fingerprint for what both share.
    private func forEachTied(to slot: Int32, _ body: (Int32) -> Void) {
        if isAttribute(slot) { return }
        forEachNeighbor(tiedTo: slot) { if !isAttribute($0) { body($0) } }
    }

    /// Notes for fingerprints that are clustered together whether they are many; what they waited for is done.
    private mutating func noteSize(of part: ArraySlice<Int32>) {
        let isLarge = part.count > settings.largeRegion
        for slot in part {
            let entry = fingerprints[Int(slot)]
            guard entry.isOfLarge != isLarge || entry.isDirty else { continue }
            fingerprints[Int(slot)].isOfLarge = isLarge
            fingerprints[Int(slot)].isDirty = false
            fingerprints[Int(slot)].isChanged = true
        }
    }

    private mutating func reach(_ slot: Int32, _ stack: inout [Int32]) {
        guard fingerprints[Int(slot)].mark != walkMark, isAlive(slot) else { return }
        fingerprints[Int(slot)].mark = walkMark
        stack.append(slot)
    }

    /// Whether a slot is in use.
    func isAlive(_ slot: Int32) -> Bool { !fingerprints[Int(slot)].kind.isEmpty }

    /// The fingerprints to be looked at now: all where it is the turn of large regions, else those that neither were in
    /// one nor are tied with what was. `isUrgent` tells which records wait for nothing.
    mutating func dueFingerprints(isTurn: Bool, isUrgent: (Int32) -> Bool) -> [Int32] {
        dirty = dirty.filter { isAlive($0) && fingerprints[Int($0)].isDirty }
        if isTurn { return dirty }
        return dirty.filter { slot in
            let owner = fingerprints[Int(slot)].record
            if owner >= 0, isUrgent(owner) { return true }
            if fingerprints[Int(slot)].isOfLarge { return false }
            var isTiedToLarge = false
            forEachTied(to: slot) { if fingerprints[Int($0)].isOfLarge { isTiedToLarge = true } }
            return !isTiedToLarge
        }
    }

    /// Whether a fingerprint waits to be looked at.
    var hasDirty: Bool { dirty.contains { isAlive($0) && fingerprints[Int($0)].isDirty } }
}
