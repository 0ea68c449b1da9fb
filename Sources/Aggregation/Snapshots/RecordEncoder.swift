import Primitives

/// Writes records in `RecordFormat`.
extension EntityRecord {
    /// Appends the entity to `buffer`.
    ///
    /// - Parameter isCanonical: leaves out what depends on the order of partials within a pane: the
    ///   capacities of names.
    func encode(
        into buffer: inout ByteBuffer, _ layout: borrowing RecordLayout, isCanonical: Bool = false
    ) {
        buffer.append(integer: key)
        buffer.append(kind.code)
        buffer.append(varint: UInt64(lastSeen))
        buffer.append(varint: UInt64(lastSeen - firstSeen))
        buffer.append(varint: UInt64(keyLength))
        if isRemnant { return }
        buffer.append(varint: UInt64(paneCount))
        buffer.append(varint: UInt64(paneCapacity))
        for d in 0..<layout.dimensions {
            encodeSample(
                sample(d), layout.dimension[d], isCanonical: isCanonical, into: &buffer)
        }
        buffer.append(value(layout))
        encodePanes(into: &buffer, layout)
        for d in 0..<layout.dimensions { encodeEntries(d, into: &buffer, layout) }
        if layout.tracksHours { encodeHours(into: &buffer, layout) }
    }

    private func encodeSample(
        _ sample: SampleDescriptor, _ shape: DimensionLayout, isCanonical: Bool,
        into buffer: inout ByteBuffer
    ) {
        buffer.append(varint: UInt64(sample.count))
        buffer.append(varint: UInt64(sample.capacity))
        guard sample.capacity > 0 else { return }
        if shape.isNamed, !isCanonical { buffer.append(varint: UInt64(sample.nameCapacity / 8)) }
        buffer.append(sample.exponent)
        buffer.append(sample.olderExponent)
        buffer.append(varint: UInt64(sample.raisedAt))
    }

    private func encodeEntries(
        _ dimension: Int, into buffer: inout ByteBuffer, _ layout: borrowing RecordLayout
    ) {
        let shape = layout.dimension[dimension]
        let offset = entriesOffset(dimension, layout)
        for i in 0..<sample(dimension).count {
            let entry = entry(i, at: offset, shape)
            buffer.append(integer: entry.hash)
            buffer.append(varint: UInt64(lastSeen - entry.last))
            buffer.append(
                varint: UInt64(entry.last - entry.first) << 1 | (entry.isBornKnown ? 1 : 0))
            if shape.isNamed {
                let name = name(of: entry, dimension: dimension, at: offset, shape)
                buffer.append(varint: UInt64(name.count))
                buffer.append(name)
            }
            if shape.bucketWidth > 0 { Self.encode(entry.loads(shape), into: &buffer) }
        }
    }

    private static func encode(_ loads: UnsafeMutablePointer<UInt32>, into buffer: inout ByteBuffer)
    {
        var used: UInt64 = 0
        for b in 0..<DimensionLayout.buckets where loads[b] != 0 { used |= 1 << UInt64(b) }
        buffer.append(varint: used)
        for b in 0..<DimensionLayout.buckets where loads[b] != 0 {
            buffer.append(varint: UInt64(loads[b]))
        }
    }
}
