/// What must always be true, for tests: O(everything).
extension EntityStore {
    /// What is wrong with the store, in words; empty while its invariants hold.
    public func checkInvariants() -> [String] {
        var wrong = index.checkInvariants()
        var bytes = 0
        var left = 0
        var accounts = 0
        var pieces: [Int: Int] = [:]
        for i in 0..<index.capacity {
            guard let record = index.record(at: i) else { continue }
            if record.isRemnant {
                left += 1
                if record.firstSeen > record.lastSeen { wrong.append("a remnant ends first") }
            } else {
                accounts += record.kind.isAccount ? 1 : 0
                wrong += record.checkInvariants(layout(of: record.kind))
            }
            bytes += record.size
            pieces[record.size, default: 0] += 1
        }
        if bytes != recordBytes { wrong.append("the records' bytes are counted wrong") }
        if left != remnants { wrong.append("\(left) remnants, \(remnants) counted") }
        if accounts != accountCount {
            wrong.append("\(accounts) accounts, \(accountCount) counted")
        }
        if bytes > slab.reservedBytes { wrong.append("records take more than was reserved") }
        return wrong + slab.checkInvariants(pieces.map { ($0, $1) }).map(\.description)
    }
}

extension EntityIndex {
    func checkInvariants() -> [String] {
        var wrong: [String] = []
        var found = 0
        for i in 0..<capacity {
            guard let record = record(at: i) else { continue }
            found += 1
            if find(record.key)?.base != record.base { wrong.append("slot \(i) cannot be found") }
        }
        if found != count { wrong.append("\(found) slots are taken, \(count) counted") }
        if count * 4 > capacity * 3 { wrong.append("the index is too full") }
        return wrong
    }
}

extension EntityRecord {
    func checkInvariants(_ layout: RecordLayout) -> [String] {
        var wrong: [String] = []
        func require(_ isTrue: Bool, _ text: String) {
            if !isTrue { wrong.append("entity \(key): \(text)") }
        }
        require(firstSeen <= lastSeen, "first seen after last seen")
        require(paneCount <= paneCapacity, "more panes than fit")
        require(entriesOffset(layout.dimensions, layout) <= size, "parts reach past the end")
        for text in panesInvariants(layout) { require(false, text.description) }
        for d in 0..<layout.dimensions {
            let sample = sample(d)
            require(sample.count <= sample.capacity, "dimension \(d): more entries than fit")
            require(sample.count <= layout.sampleSize, "dimension \(d): more entries than allowed")
            require(sample.nameBytes <= sample.nameCapacity, "dimension \(d): names too long")
            let offset = entriesOffset(d, layout)
            var before: UInt64?
            for i in 0..<sample.count {
                let entry = entry(i, at: offset, layout.dimension[d])
                require(before.map { entry.hash > $0 } ?? true, "dimension \(d): out of order")
                before = entry.hash
                require(entry.first <= entry.last, "dimension \(d): first after last")
                require(entry.last <= lastSeen, "dimension \(d): an entry newer than its entity")
                require(
                    Self.isSampled(entry.hash, exponent: sample.exponent),
                    "dimension \(d): an entry over the threshold")
                guard layout.dimension[d].isNamed else { continue }
                let end = Int(entry.name >> 10) + Int(entry.name & 1023)
                require(end <= sample.nameBytes, "dimension \(d): a name outside the names")
            }
        }
        return wrong
    }
}
