import Broker
import Delivery

/// A shard's log: batches of what the group's fetchers have, like `Kafka.ShardQueue`.
public final class SimLog: LogPort {
    private struct Slot {
        var fetcher: PartitionFetcher
        var slot: Int32
        var from: Int64
        var isHeld = false
        var last: Int64
    }

    private let group: SimGroup
    private let thread: SimThread?
    private var slots: [Slot] = []
    private var batch: ContiguousArray<Entry> = []
    private let loan = LentEntries()
    private var failures: [(index: Int, error: BrokerError)] = []
    private var turn = 0

    init(_ group: SimGroup, thread: SimThread?) {
        self.group = group
        self.thread = thread
    }

    /// Takes an assigned partition on; one that was not assigned, or not any more, gives nothing.
    public func attach(_ partition: TopicPartition, slot: Int, from offset: Int64) {
        guard let fetcher = group.fetcher(of: partition) else { return }
        detach(partition)
        slots.append(
            Slot(fetcher: fetcher, slot: Int32(slot), from: offset, last: offset - 1))
        fetcher.onEntries = { [weak thread] in thread?.wake() }
        if fetcher.count > 0 { thread?.wake() }
    }

    /// Gives a partition up.
    public func detach(_ partition: TopicPartition) {
        guard let index = index(of: partition) else { return }
        slots[index].fetcher.onEntries = {}
        slots.remove(at: index)
    }

    /// Delivers nothing of a partition until `release`.
    public func hold(_ partition: TopicPartition) {
        if let index = index(of: partition) { slots[index].isHeld = true }
    }

    /// Lets a held partition go on.
    public func release(_ partition: TopicPartition) {
        guard let index = index(of: partition), slots[index].isHeld else { return }
        slots[index].isHeld = false
        if slots[index].fetcher.count > 0 { thread?.wake() }
    }

    private func index(of partition: TopicPartition) -> Int? {
        slots.firstIndex { $0.fetcher.partition == partition }
    }

    /// Lends what is there, the entries of one slot in a run; never waits.
    public func withBatch<E: Error>(
        max: Int, waitMs: Int32, _ body: (Batch) throws(E) -> Void
    ) throws(E) {
        group.noteUse()
        batch.removeAll(keepingCapacity: true)
        failures.removeAll(keepingCapacity: true)
        turn += 1
        for step in slots.indices where batch.count < max {
            fill((turn + step) % slots.count, max)
        }
        // What is left is for the next step.
        if slots.contains(where: { !$0.isHeld && $0.fetcher.count > 0 }) { thread?.wake() }
        var failure: E?
        loan.lend(batch) { entries in
            do throws(E) { try body(entries) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func fill(_ index: Int, _ max: Int) {
        guard !slots[index].isHeld else { return }
        let start = batch.count
        slots[index].fetcher.take(
            max - start, slot: slots[index].slot, from: slots[index].last + 1, into: &batch)
        for position in start..<batch.count {
            switch batch[position].kind {
            case .record: slots[index].last = batch[position].offset
            case .failure:
                if let error = slots[index].fetcher.error { failures.append((position, error)) }
            case .end: break
            }
        }
    }

    /// Why entry `index` of the batch being lent is a failure.
    public func failure(at index: Int) -> BrokerError {
        failures.first { $0.index == index }?.error
            ?? ErrorCode.unknownServerError.error("read")
    }
}
