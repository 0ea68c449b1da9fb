import Primitives

/// Windowed coordinated samples: the distinct values of a dimension, with the time each was seen.
///
/// A value is sampled when its hash begins with `exponent` zero bits; the exponent rises while more than
/// `sampleSize` live values are under the threshold, so small samples are exact and every entity samples
/// the same values (a theta sketch whose entries carry time; Dasgupta et al., "A Framework for Estimating
/// Stream Expression Cardinalities", ICDT 2016). The estimate of distinct values in a window is
/// |values seen in it| * 2^exponent. Of D values in the window its relative standard error is
/// sqrt((2^exponent - 1) / D): at most 1/sqrt(sampleSize / 2 - 1) for the longest window, and the more the
/// fewer of the values that one holds lie in a shorter window.
///
/// An entry: hash, first and last pane seen, name reference, load buckets. What an update leaves depends on
/// the set of updates of a pane, not on their order.
extension EntityRecord {
    /// A sampled value in place.
    struct Entry {
        let base: UnsafeMutableRawPointer

        @inline(__always)
        private func field<T>(_ offset: Int, _: T.Type) -> UnsafeMutablePointer<T> {
            (base + offset).assumingMemoryBound(to: T.self)
        }
        var hash: UInt64 {
            get { field(0, UInt64.self).pointee }
            nonmutating set { field(0, UInt64.self).pointee = newValue }
        }
        private static let bornBit: UInt32 = 1 << 31
        /// When the value came to be: the account's creation where it is known, else first seen here. Panes
        /// beyond 2^31 (2038 in panes of a second) count as that.
        var first: UInt32 {
            get { field(8, UInt32.self).pointee & ~Self.bornBit }
            nonmutating set {
                let flag = field(8, UInt32.self).pointee & Self.bornBit
                field(8, UInt32.self).pointee = min(newValue, ~Self.bornBit) | flag
            }
        }
        /// Whether `first` is the account's creation as events told it.
        var isBornKnown: Bool {
            get { field(8, UInt32.self).pointee & Self.bornBit != 0 }
            nonmutating set {
                let pane = field(8, UInt32.self).pointee & ~Self.bornBit
                field(8, UInt32.self).pointee = newValue ? pane | Self.bornBit : pane
            }
        }
        var last: UInt32 {
            get { field(12, UInt32.self).pointee }
            nonmutating set { field(12, UInt32.self).pointee = newValue }
        }
        /// Offset in the name blob << 10 | length.
        var name: UInt32 {
            get { field(16, UInt32.self).pointee }
            nonmutating set { field(16, UInt32.self).pointee = newValue }
        }
        func loads(_ layout: DimensionLayout) -> UnsafeMutablePointer<UInt32> {
            field(layout.loadsOffset, UInt32.self)
        }
    }

    /// Entry `index` of a sample whose entries begin at `offset`.
    @inline(__always)
    func entry(_ index: Int, at offset: Int, _ layout: DimensionLayout) -> Entry {
        Entry(base: base + offset + index * layout.entryStride)
    }

    /// The name of an entry; the blob follows the entries.
    func name(of entry: Entry, dimension: Int, at offset: Int, _ layout: DimensionLayout)
        -> ByteSlice
    {
        let blob = base + offset + sample(dimension).capacity * layout.entryStride
        return ByteSlice(start: blob + Int(entry.name >> 10), count: Int(entry.name & 1023))
    }

    /// The index of the first entry whose hash is not below `hash`. O(log entries).
    func lowerBound(_ hash: UInt64, count: Int, at offset: Int, _ layout: DimensionLayout) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) >> 1
            if entry(middle, at: offset, layout).hash < hash {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Whether values with `hash` are sampled at `exponent`.
    @inline(__always)
    static func isSampled(_ hash: UInt64, exponent: UInt8) -> Bool {
        hash.leadingZeroBitCount >= Int(exponent)
    }

    /// Adds `count` to the value's load at `pane`; the buckets since the value was last seen are cleared.
    func addLoad(_ count: UInt32, to entry: Entry, pane: UInt32, _ layout: DimensionLayout) {
        let buckets = UInt32(DimensionLayout.buckets)
        let bucket = pane / layout.bucketWidth
        let newest = entry.last / layout.bucketWidth
        let loads = entry.loads(layout)
        if bucket > newest {
            for passed in 0..<min(bucket - newest, buckets) {
                loads[Int((bucket - passed) % buckets)] = 0
            }
        }
        let slot = Int(bucket % buckets)
        let (sum, overflow) = loads[slot].addingReportingOverflow(count)
        loads[slot] = overflow ? .max : sum
    }

    /// The value's load over the last `window` panes up to `now`, rounded out to whole buckets.
    @inline(__always)
    func load(of entry: Entry, window: UInt32, now: UInt32, _ layout: DimensionLayout) -> Int64 {
        let buckets = UInt32(DimensionLayout.buckets)
        let newest = entry.last / layout.bucketWidth
        let oldestKept = newest >= buckets ? newest - buckets + 1 : 0
        let edge = now + 1 > window ? now + 1 - window : 0
        let oldest = max(edge / layout.bucketWidth, oldestKept)
        guard oldest <= newest else { return 0 }
        let loads = entry.loads(layout)
        var slot = Int(oldest % buckets)
        var sum: Int64 = 0
        for _ in oldest...newest {
            sum &+= Int64(loads[slot])
            slot = slot + 1 == DimensionLayout.buckets ? 0 : slot + 1
        }
        return sum
    }

    /// Drops entries no window reaches and entries above the threshold, and packs the names that stay.
    func prune(
        dimension: Int, now: UInt32, _ layout: borrowing RecordLayout, scratch: inout ByteBuffer
    ) {
        let sample = sample(dimension)
        let shape = layout.dimension[dimension]
        let offset = entriesOffset(dimension, layout)
        var kept = 0
        for i in 0..<sample.count {
            let source = entry(i, at: offset, shape)
            guard now - source.last < layout.retention,
                Self.isSampled(source.hash, exponent: sample.exponent)
            else { continue }
            if kept != i {
                entry(kept, at: offset, shape).base.copyMemory(
                    from: source.base, byteCount: shape.entryStride)
            }
            kept += 1
        }
        let dropped = kept < sample.count
        sample.count = kept
        if dropped, shape.isNamed {
            packNames(dimension: dimension, at: offset, shape, scratch: &scratch)
        }
    }

    /// Writes the names still referred to anew, in the order of their entries. O(entries + bytes).
    private func packNames(
        dimension: Int, at offset: Int, _ shape: DimensionLayout, scratch: inout ByteBuffer
    ) {
        let sample = sample(dimension)
        let blob = base + offset + sample.capacity * shape.entryStride
        scratch.removeAll()
        for i in 0..<sample.count {
            let entry = entry(i, at: offset, shape)
            let position = UInt32(scratch.count)
            scratch.append(name(of: entry, dimension: dimension, at: offset, shape))
            entry.name = position << 10 | entry.name & 1023
        }
        blob.copyMemory(from: scratch.base, byteCount: scratch.count)
        sample.nameBytes = scratch.count
    }

    /// The threshold's exponent that holds for a window: one that reaches back past the last raise uses the
    /// older, lower threshold, since values above it were not sampled then.
    func exponent(dimension: Int, window: UInt32, now: UInt32) -> UInt8 {
        let sample = sample(dimension)
        guard sample.raisedAt > 0, UInt64(sample.raisedAt) + UInt64(window) > UInt64(now) + 1 else {
            return sample.exponent
        }
        return max(sample.exponent, sample.olderExponent)
    }
}
