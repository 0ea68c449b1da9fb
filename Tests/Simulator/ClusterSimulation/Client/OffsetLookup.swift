import Broker
import Delivery

/// ListOffsets: the offsets partitions keep, asked of their leaders until each has answered or the time is up.
final class OffsetLookup {
    private let handle: ClientHandle
    /// Whether the end is the log's instead of the last stable offset.
    private let uncommitted: Bool
    private let deadlineUs: Micros
    private var bounds: [TopicPartition: OffsetRange] = [:]
    private var left: Int
    private var done: ((Result<[TopicPartition: OffsetRange], BrokerError>) -> Void)?

    init(
        _ partitions: [TopicPartition], handle: ClientHandle, timeoutMs: Int64,
        toLogEnd: Bool = false,
        done: @escaping (Result<[TopicPartition: OffsetRange], BrokerError>) -> Void
    ) {
        self.handle = handle
        self.done = done
        uncommitted = toLogEnd || handle.settings.readsUncommitted
        left = partitions.count
        deadlineUs = handle.timeline.nowUs + ms(timeoutMs)
        if partitions.isEmpty { finish(.success([:])) }
        for partition in partitions { ask(partition) }
    }

    private func ask(_ partition: TopicPartition) {
        guard done != nil else { return }
        guard let log = handle.cluster.log(partition) else {
            return finish(
                .failure(ErrorCode.unknownTopicOrPartition.error("look up offsets of \(partition)"))
            )
        }
        guard let leader = log.leader else { return again(partition, .leaderNotAvailable) }
        handle.call(.listOffsets, leader) { [cluster = handle.cluster, uncommitted] reply in
            guard cluster.refusal(log, at: leader) == nil else { return reply(nil) }
            reply(OffsetRange(low: log.startOffset, high: log.end(uncommitted: uncommitted)))
        } done: { [self] (answer: OffsetRange??) in
            guard let found = answer ?? nil else {
                return again(partition, answer == nil ? .transport : .notLeader)
            }
            bounds[partition] = found
            left -= 1
            if left == 0 { finish(.success(bounds)) }
        }
    }

    private func again(_ partition: TopicPartition, _ error: ErrorCode) {
        guard handle.timeline.nowUs < deadlineUs else {
            return finish(.failure(error.error("look up offsets of \(partition)")))
        }
        handle.after(handle.random.pick(ms(20)...ms(200))) { [self] in ask(partition) }
    }

    private func finish(_ result: Result<[TopicPartition: OffsetRange], BrokerError>) {
        let done = done
        self.done = nil
        done?(result)
    }
}
