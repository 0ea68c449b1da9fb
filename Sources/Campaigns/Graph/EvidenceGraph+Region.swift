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
        var stack: [Int32] = []
        var region: [Int32] = []
        for slot in slots { reach(slot, &stack) }
        while let slot = stack.popLast() {
            region.append(slot)
            let owner = fingerprints[Int(slot)].record
            if owner >= 0, !fingerprints[Int(slot)].isAttached {
                for other in record(owner) { reach(other, &stack) }
            }
            if isAttribute(slot) { continue }
            let isHard = fingerprints[Int(slot)].role == .hard
            let isContent = isContentCore(slot)
            for neighbor in fingerprints[Int(slot)].neighbors {
                guard !isAttribute(neighbor.slot) else { continue }
                // A hard fingerprint with one account in a core of what is asked may help to join two.
                let isTied =
                    neighbor.shared >= settings.minShared
                    || isHard && isContentCore(neighbor.slot)
                    || isContent && fingerprints[Int(neighbor.slot)].role == .hard
                if isTied { reach(neighbor.slot, &stack) }
            }
        }
        region.sort { fingerprints[Int($0)].key < fingerprints[Int($1)].key }
        return region
    }

    private mutating func reach(_ slot: Int32, _ stack: inout [Int32]) {
        guard fingerprints[Int(slot)].mark != walkMark, isAlive(slot) else { return }
        fingerprints[Int(slot)].mark = walkMark
        stack.append(slot)
    }

    /// Whether a slot is in use.
    func isAlive(_ slot: Int32) -> Bool { !fingerprints[Int(slot)].kind.isEmpty }

    /// Takes the fingerprints that wait to be looked at.
    mutating func takeDirty() -> [Int32] {
        var slots: [Int32] = []
        swap(&slots, &dirty)
        for slot in slots { fingerprints[Int(slot)].isDirty = false }
        return slots.filter { isAlive($0) }
    }
}
