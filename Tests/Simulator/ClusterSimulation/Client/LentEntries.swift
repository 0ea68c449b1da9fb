import Broker
import Delivery
import Primitives

/// Entries as they are lent: their bytes lie in memory that is overwritten when the loan is over, so that whoever
/// keeps a pointer is found out.
final class LentEntries {
    private var memory: UnsafeMutableRawPointer
    private var capacity = 1 << 16
    private var entries: ContiguousArray<Entry> = []
    private static let poison: UInt8 = 0xA5

    init() { memory = .allocate(byteCount: capacity, alignment: 16) }

    deinit { memory.deallocate() }

    /// Lends copies of the entries to `body`.
    func lend(_ batch: ContiguousArray<Entry>, _ body: (Batch) -> Void) {
        entries.removeAll(keepingCapacity: true)
        let total = batch.reduce(0) { $0 + Int($1.keyCount) + Int($1.valueCount) }
        reserve(total)
        var next = memory
        for entry in batch {
            var entry = entry
            entry.key = Self.copy(entry.keyBytes, to: &next)
            entry.value = Self.copy(entry.valueBytes, to: &next)
            entries.append(entry)
        }
        let lent = entries
        lent.withUnsafeBufferPointer { body($0) }
        memory.initializeMemory(as: UInt8.self, repeating: Self.poison, count: total)
    }

    private func reserve(_ count: Int) {
        guard count > capacity else { return }
        memory.deallocate()
        capacity = max(count, 2 * capacity)
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    private static func copy(
        _ bytes: ByteSlice?, to next: inout UnsafeMutableRawPointer
    ) -> UnsafeRawPointer? {
        guard let bytes else { return nil }
        let start = next
        if let source = bytes.baseAddress {
            start.copyMemory(from: source, byteCount: bytes.count)
        }
        next += bytes.count
        return UnsafeRawPointer(start)
    }
}
