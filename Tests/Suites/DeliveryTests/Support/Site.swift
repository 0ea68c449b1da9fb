import Broker
import Delivery
import Primitives
import Snapshots

/// What outlives a shard: topics, committed positions and the store of snapshots.
final class Site {
    /// A record of a topic.
    struct Item {
        var offset: Int64
        var timestampMs: Int64 = -1
        var value: [UInt8]?
    }

    /// Records by partition, in order.
    private(set) var logs: [TopicPartition: [Item]] = [:]
    /// Failures to read a partition, each told once.
    private(set) var failures: [TopicPartition: [BrokerError]] = [:]
    /// The first offset kept, where that is not 0.
    var low: [TopicPartition: Int64] = [:]
    /// One past the last offset, where more than the last record's has gone by.
    private var high: [TopicPartition: Int64] = [:]
    /// What the group has committed.
    var committed: [TopicPartition: PartitionOffset] = [:]
    /// The store's records in the order they were written; nil where a key was removed.
    var store: [(key: StateKey, value: [UInt8]?)] = []
    /// Findings committed.
    private(set) var alerts: [ScriptedProducer.Sent] = []
    /// Dead letters committed.
    private(set) var deadLetters: [ScriptedProducer.Sent] = []

    /// Appends a record behind `gap` offsets that hold nothing to read.
    func append(
        to partition: TopicPartition, _ value: [UInt8]?, timestampMs: Int64 = -1, gap: Int64 = 0
    ) {
        let offset = bounds(of: partition).high + gap
        logs[partition, default: []].append(
            Item(offset: offset, timestampMs: timestampMs, value: value))
        high[partition] = offset + 1
    }

    /// Ends a partition with `count` offsets that hold nothing to read.
    func appendGap(to partition: TopicPartition, _ count: Int64) {
        high[partition] = bounds(of: partition).high + count
    }

    /// Appends a failure to read on.
    func fail(_ partition: TopicPartition, _ error: BrokerError) {
        failures[partition, default: []].append(error)
    }

    /// Retention removes what lies below an offset.
    func remove(_ partition: TopicPartition, below offset: Int64) {
        logs[partition]?.removeAll { $0.offset < offset }
        low[partition] = offset
    }

    /// At most `max` records from an offset on.
    func records(of partition: TopicPartition, from offset: Int64, max: Int) -> ArraySlice<Item> {
        guard let log = logs[partition] else { return [] }
        var (low, high) = (0, log.count)
        while low < high {
            let middle = (low + high) / 2
            if log[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return log[low...].prefix(max)
    }

    func bounds(of partition: TopicPartition) -> OffsetRange {
        OffsetRange(low: low[partition] ?? 0, high: high[partition] ?? low[partition] ?? 0)
    }

    /// What a commit leads to.
    func apply(_ sent: [ScriptedProducer.Sent], _ positions: [PartitionOffset]) {
        for position in positions { committed[position.partition] = position }
        for record in sent {
            switch record.partition.topic {
            case .partials: append(to: record.partition, record.value)
            case .alerts: alerts.append(record)
            case .deadLetters: deadLetters.append(record)
            case .state:
                let key = record.key?.withUnsafeBytes { StateKey($0) }
                if let key { store.append((key, record.value)) }
            default: break
            }
        }
    }

    /// Keys that are in the store.
    var keys: Set<StateKey> {
        var keys: Set<StateKey> = []
        for (key, value) in store {
            if value == nil { keys.remove(key) } else { keys.insert(key) }
        }
        return keys
    }

    /// Manifests in the store, the newest first.
    var manifests: [Manifest] {
        let all = store.compactMap { key, value -> Manifest? in
            guard key.kind == .manifest, keys.contains(key) else { return nil }
            return value?.withUnsafeBytes { try? Manifest($0, key: key) }
        }
        return all.sorted { $0.id > $1.id }
    }
}

/// Lends a site's records as entries.
struct EntryLender {
    private var memory: [UnsafeMutableRawBufferPointer] = []
    private(set) var entries: [Entry] = []
    private(set) var errors: [Int: BrokerError] = [:]

    mutating func add(_ item: Site.Item, slot: Int) {
        let value = item.value.map { bytes in
            let copy = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(1, bytes.count), alignment: 8)
            copy.copyBytes(from: bytes)
            memory.append(copy)
            return UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])
        }
        entries.append(
            Entry(
                kind: .record, slot: Int32(slot), offset: item.offset,
                timestampMs: item.timestampMs, value: value))
    }

    mutating func add(_ error: BrokerError, at offset: Int64, slot: Int) {
        errors[entries.count] = error
        entries.append(Entry(kind: .failure, slot: Int32(slot), offset: offset))
    }

    mutating func addEnd(at offset: Int64, slot: Int) {
        entries.append(Entry(kind: .end, slot: Int32(slot), offset: offset))
    }

    func free() { for bytes in memory { bytes.deallocate() } }
}

extension [TopicPartition] {
    /// Partitions of input and shuffle in words, such as `[input[0], partials[1]]`.
    var text: String {
        let names: TopicNames = ["input", "partials"]
        return "[\(map { "\(names.name($0.topic))[\($0.number)]" }.joined(separator: ", "))]"
    }
}
