import Broker
import Delivery

/// OffsetFetch: what the group has committed, asked of its coordinator until nothing is pending or the time
/// is up.
final class CommittedLookup {
    private let partitions: [TopicPartition]
    private let handle: ClientHandle
    private let link: CoordinatorLink
    private let deadlineUs: Micros
    private var done: ((Result<[PartitionOffset], BrokerError>) -> Void)?

    init(
        _ partitions: [TopicPartition], handle: ClientHandle, link: CoordinatorLink,
        timeoutMs: Int64, done: @escaping (Result<[PartitionOffset], BrokerError>) -> Void
    ) {
        self.partitions = partitions
        self.handle = handle
        self.link = link
        self.done = done
        deadlineUs = handle.timeline.nowUs + ms(timeoutMs)
        // The coordinator may not even be found in time.
        handle.after(ms(timeoutMs)) { [self] in
            let action = "read committed offsets"
            finish(.failure(ErrorCode.timedOut.error(action, move: .unreachable)))
        }
        ask()
    }

    private func ask() {
        guard done != nil else { return }
        let stable = !handle.settings.readsUnstableOffsets
        let partitions = partitions
        link.call(.offsetFetch) { [cluster = handle.cluster] broker, reply in
            reply(cluster.group.committed(partitions, stable: stable, at: broker))
        } done: { [self] (answer: Result<[PartitionOffset], CodeError>?) in
            switch answer {
            case .success(let positions):
                finish(.success(positions.sorted { $0.partition < $1.partition }))
            case .failure(let error):
                _ = link.isElsewhere(error.code)
                again()
            case nil: again()
            }
        }
    }

    private func again() {
        handle.after(ms(max(5, handle.settings.retryBackoffMs))) { [self] in ask() }
    }

    private func finish(_ result: Result<[PartitionOffset], BrokerError>) {
        let done = done
        self.done = nil
        done?(result)
    }
}
