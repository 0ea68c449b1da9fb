import Broker
import Delivery

/// A site's partitions of one topic as a shard reads them.
final class ScriptedLog: LogPort {
    private struct Place {
        var slot: Int
        var next: Int64
        var failures = 0
        var toldEnd: Int64 = -1
    }

    private let site: Site
    private var places: [TopicPartition: Place] = [:]
    private var errors: [Int: BrokerError] = [:]
    /// Partitions held back.
    private(set) var held: Set<TopicPartition> = []
    /// Offsets at which partitions were attached, in order.
    private(set) var attachedAt: [(partition: TopicPartition, offset: Int64)] = []
    /// Whether the ends of partitions are told.
    var tellsEnds = true
    /// Records delivered in one go at most.
    var batch = 1_000

    init(_ site: Site) { self.site = site }

    /// Partitions being read.
    var attached: Set<TopicPartition> { Set(places.keys) }

    func attach(_ partition: TopicPartition, slot: Int, from offset: Int64) {
        precondition(places[partition] == nil, "attached twice")
        places[partition] = Place(slot: slot, next: offset)
        attachedAt.append((partition, offset))
    }

    func detach(_ partition: TopicPartition) {
        places[partition] = nil
        held.remove(partition)
    }

    func hold(_ partition: TopicPartition) { held.insert(partition) }
    func release(_ partition: TopicPartition) { held.remove(partition) }

    func withBatch<E: Error>(
        max: Int, waitMs: Int32, _ body: (Batch) throws(E) -> Void
    ) throws(E) {
        var lender = EntryLender()
        for partition in places.keys.sorted() where !held.contains(partition) {
            guard var place = places[partition] else { continue }
            read(partition, &place, &lender)
            places[partition] = place
        }
        defer { lender.free() }
        errors = lender.errors
        let batch = UnsafeMutableBufferPointer<Entry>.allocate(capacity: lender.entries.count + 1)
        defer { batch.deallocate() }
        _ = batch.initialize(from: lender.entries)
        try body(Batch(rebasing: batch[..<lender.entries.count]))
    }

    private func read(
        _ partition: TopicPartition, _ place: inout Place, _ lender: inout EntryLender
    ) {
        for item in site.records(of: partition, from: place.next, max: batch) {
            lender.add(item, slot: place.slot)
            place.next = item.offset + 1
        }
        for error in (site.failures[partition] ?? []).dropFirst(place.failures) {
            lender.add(error, at: place.next, slot: place.slot)
            place.failures += 1
        }
        let end = site.bounds(of: partition).high
        let isThrough = site.records(of: partition, from: place.next, max: 1).isEmpty
        if tellsEnds, isThrough, place.toldEnd < end {
            lender.addEnd(at: end, slot: place.slot)
            place.toldEnd = end
        }
    }

    func failure(at index: Int) -> BrokerError { errors[index] ?? .of(.fatal) }
}

/// A site's partitions read again.
final class ScriptedHistory: HistoryPort {
    private let site: Site
    /// Offsets at which readers were opened.
    private(set) var openedAt: [Int64] = []
    /// Readers not closed.
    private(set) var openCount = 0
    /// What the next readers fail with, one each.
    var failures: [BrokerError] = []
    /// Whether readers have nothing to lend yet.
    var isSilent = false
    /// Whether readers come to reading only when they are read.
    var opensLate = false
    /// Called when a reader is opened.
    var onOpen: (() -> Void)?

    init(_ site: Site) { self.site = site }

    func open(_ partition: TopicPartition, from offset: Int64?) -> any HistoryReader {
        onOpen?()
        openedAt.append(offset ?? -1)
        openCount += 1
        return Reader(self, partition, offset ?? site.bounds(of: partition).low)
    }

    private final class Reader: HistoryReader {
        private let history: ScriptedHistory
        private let partition: TopicPartition
        private var next: Int64
        private var error: BrokerError?
        private var isRead = false

        init(_ history: ScriptedHistory, _ partition: TopicPartition, _ next: Int64) {
            self.history = history
            self.partition = partition
            self.next = next
            if !history.failures.isEmpty { error = history.failures.removeFirst() }
        }

        var bounds: OffsetRange? {
            history.isSilent || history.opensLate && !isRead
                ? nil : history.site.bounds(of: partition)
        }

        func withBatch(max: Int, _ body: (Batch) -> Void) {
            isRead = true
            var lender = EntryLender()
            defer { lender.free() }
            if !history.isSilent {
                if let error {
                    lender.add(error, at: next, slot: 0)
                } else {
                    lend(max, &lender)
                }
            }
            lender.entries.withUnsafeBufferPointer(body)
        }

        private func lend(_ max: Int, _ lender: inout EntryLender) {
            for item in history.site.records(of: partition, from: next, max: max) {
                lender.add(item, slot: 0)
                next = item.offset + 1
            }
            if history.site.records(of: partition, from: next, max: 1).isEmpty {
                lender.addEnd(at: history.site.bounds(of: partition).high, slot: 0)
            }
        }

        func failure(at index: Int) -> BrokerError { error ?? .of(.fatal) }
        func close() { history.openCount -= 1 }
    }
}
