import Broker
import CRdkafka

/// What a shard's queue knows of one partition.
struct PartitionState {
    /// The partition's own librdkafka queue while attached.
    var queue: OpaquePointer?
    /// The highest offset delivered; records at or below it are duplicates.
    var last: Int64 = -1
    /// The next offset to read: past the last record, or further where the end was seen.
    var position: Int64 = -1
    var slot: Int32 = 0
    var isHeld = false
    var isAttached: Bool { queue != nil }
}

/// The states of a shard's partitions by topic handle and partition number: two loads a look-up.
///
/// States never move once made, since batches point at them. Memory: 56 bytes for each partition number
/// up to the highest attached, by topic.
struct PartitionTable: ~Copyable {
    private struct Entry {
        /// The topic's handle as messages carry it.
        var handle: OpaquePointer
        var states: UnsafeMutablePointer<UnsafeMutablePointer<PartitionState>?>
        var count: Int
    }

    private let topics: UnsafeMutablePointer<Entry>
    private let topicCount: Int
    /// The client's topics; tables are indexed by their place there.
    private let names: TopicNames

    init(_ names: TopicNames, handles: [OpaquePointer]) {
        self.names = names
        topicCount = handles.count
        topics = .allocate(capacity: handles.count)
        for (index, handle) in handles.enumerated() {
            (topics + index).initialize(
                to: Entry(handle: handle, states: .allocate(capacity: 0), count: 0))
        }
    }

    deinit {
        for topic in UnsafeBufferPointer(start: topics, count: topicCount) {
            for index in 0..<topic.count { topic.states[index]?.deallocate() }
            topic.states.deallocate()
        }
        topics.deallocate()
    }

    /// The state of a partition; nil when it was never attached here.
    @inline(__always)
    func state(topic: Int, partition: Int32) -> UnsafeMutablePointer<PartitionState>? {
        guard topic >= 0, topic < topicCount, partition >= 0,
            Int(partition) < topics[topic].count
        else { return nil }
        return topics[topic].states[Int(partition)]
    }

    /// The place of the topic a message belongs to; nil for a topic the client was not made for.
    @inline(__always)
    func topic(of handle: OpaquePointer?) -> Int? {
        for index in 0..<topicCount where topics[index].handle == handle { return index }
        return nil
    }

    /// The state of a partition; nil when it was never attached here.
    func state(_ partition: TopicPartition) -> UnsafeMutablePointer<PartitionState>? {
        names.topics.firstIndex(of: partition.topic).flatMap {
            state(topic: $0, partition: partition.number)
        }
    }

    /// The state of a partition, made if it is new.
    func makeState(_ partition: TopicPartition) -> UnsafeMutablePointer<PartitionState> {
        guard let topic = names.topics.firstIndex(of: partition.topic) else {
            preconditionFailure("the client was not made for \(partition)")
        }
        let index = Int(partition.number)
        if index >= topics[topic].count { grow(topic, to: index + 1) }
        if let known = topics[topic].states[index] { return known }
        let state = UnsafeMutablePointer<PartitionState>.allocate(capacity: 1)
        state.initialize(to: PartitionState())
        topics[topic].states[index] = state
        return state
    }

    private func grow(_ topic: Int, to count: Int) {
        let old = topics[topic]
        let larger = UnsafeMutablePointer<UnsafeMutablePointer<PartitionState>?>.allocate(
            capacity: count)
        larger.initialize(repeating: nil, count: count)
        for index in 0..<old.count { larger[index] = old.states[index] }
        old.states.deallocate()
        topics[topic].states = larger
        topics[topic].count = count
    }

    /// Calls `body` for each partition that is attached.
    func forEachAttached(_ body: (UnsafeMutablePointer<PartitionState>) -> Void) {
        for topic in UnsafeBufferPointer(start: topics, count: topicCount) {
            for index in 0..<topic.count {
                if let state = topic.states[index], state.pointee.isAttached { body(state) }
            }
        }
    }
}
