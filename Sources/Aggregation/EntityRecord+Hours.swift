import Primitives

/// A ring of 168 bits, one an hour, that tells in which hours of the last seven days an entity was active.
extension EntityRecord {
    private func lastHour(_ layout: borrowing RecordLayout) -> UnsafeMutablePointer<UInt32> {
        (base + layout.hoursOffset).assumingMemoryBound(to: UInt32.self)
    }
    private func bits(_ layout: borrowing RecordLayout) -> UnsafeMutablePointer<UInt8> {
        (base + layout.hoursOffset + 4).assumingMemoryBound(to: UInt8.self)
    }

    /// Marks `hour` (hours since the epoch) as active.
    func markHour(_ hour: UInt32, _ layout: borrowing RecordLayout) {
        let last = lastHour(layout)
        let bits = bits(layout)
        if hour > last.pointee {
            // Hours in between were silent: their bits belong to an earlier week.
            let passed = min(hour - last.pointee, RecordLayout.hours)
            for back in 0..<passed { Self.clear(bits, hour - back) }
            last.pointee = hour
        }
        let slot = Int(hour % RecordLayout.hours)
        bits[slot >> 3] |= 1 << UInt8(slot & 7)
    }

    private static func clear(_ bits: UnsafeMutablePointer<UInt8>, _ hour: UInt32) {
        let slot = Int(hour % RecordLayout.hours)
        bits[slot >> 3] &= ~(1 << UInt8(slot & 7))
    }

    /// Hours active among the last `hours` (at most 168) up to and including `hour`.
    func activeHours(last hours: UInt32, upTo hour: UInt32, _ layout: borrowing RecordLayout) -> Int
    {
        let newest = lastHour(layout).pointee
        let bits = bits(layout)
        var active = 0
        for back in 0..<min(hours, RecordLayout.hours, hour + 1) {
            let asked = hour - back
            guard asked <= newest, newest - asked < RecordLayout.hours else { continue }
            let slot = Int(asked % RecordLayout.hours)
            if bits[slot >> 3] & (1 << UInt8(slot & 7)) != 0 { active += 1 }
        }
        return active
    }

    /// Appends the ring to `buffer`.
    func encodeHours(into buffer: inout ByteBuffer, _ layout: borrowing RecordLayout) {
        buffer.append(varint: UInt64(lastHour(layout).pointee))
        buffer.append(ByteSlice(start: bits(layout), count: RecordFormat.hourBytes))
    }

    /// Takes over a ring as it was written.
    func restoreHours(last: UInt32, _ bits: ByteSlice, _ layout: borrowing RecordLayout) {
        lastHour(layout).pointee = last
        let target = UnsafeMutableRawBufferPointer(
            start: self.bits(layout), count: RecordFormat.hourBytes)
        target.copyMemory(from: bits)
    }
}
