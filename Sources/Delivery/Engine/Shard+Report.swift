import Broker
import Topology

/// Numbers about the shard.
extension Shard {
    /// What the shard has done and holds, and how far it is.
    public func status() -> ShardStatus {
        var status = ShardStatus()
        status.counters = retired
        for case .some(let slot) in sources {
            status.counters.add(slot.counters)
            status.inputs.append(
                InputStanding(
                    partition: slot.partition, position: slot.position, highest: slot.highest))
        }
        for entry in suspended.values { status.counters.add(entry.slot.task.numbers) }
        for case .some(let slot) in states {
            status.counters.add(slot.task.numbers)
            if slot.isLive {
                if !slot.task.inputs.isEmpty { status.note(slot.task.watermark) }
            } else {
                status.counters.restoring += 1
            }
            if case .restoring(let restore) = slot.phase, let progress = restore.progress {
                status.add(progress)
            }
        }
        status.counters.add(outputs.counters)
        status.counters.commits = commits
        status.stalls = stalls.stalls
        return status
    }

    /// How far the shard is with what it was given to read to its end.
    public var progress: ShardProgress {
        var progress = ShardProgress()
        progress.moved = Int64(retired.consumed)
        for case .some(let slot) in sources { progress.moved += Int64(slot.counters.consumed) }
        for case .some(let slot) in states {
            progress.tasks += 1
            progress.moved += slot.mark
            if slot.isLive, slot.task.hasEnded { progress.ended += 1 }
        }
        progress.isThrough =
            isSettled && sources.allSatisfy { $0?.isFinished ?? true }
            && states.allSatisfy { $0?.isLive ?? true }
        return progress
    }

    /// Whether everything up to the ends seen at the start is read, closed and committed.
    public var isAtEnd: Bool { progress.isAtEnd }
}

/// How far shards are with what they were given to read to its end.
public struct ShardProgress: Sendable, Equatable {
    /// Whether every source is read to its end offset, every task is restored, and all of it is committed.
    public var isThrough = true
    /// Tasks that keep state.
    public var tasks = 0
    /// Of those, tasks to which every source has said that it has ended.
    public var ended = 0
    /// Changes with whatever is read or restored.
    public var moved: Int64 = 0

    /// No shard.
    public init() {}

    /// Whether every pane is closed, as far as these shards' tasks go.
    public var isAtEnd: Bool { isThrough && ended == tasks }

    /// Adds another shard's progress.
    public mutating func add(_ other: ShardProgress) {
        isThrough = isThrough && other.isThrough
        tasks += other.tasks
        ended += other.ended
        moved += other.moved
    }
}

extension Shard {
    /// A digest of the state of each task that reads its partition, by that; O(state).
    @_spi(Simulation)
    public var stateDigests: [TopicPartition: UInt64] {
        var digests: [TopicPartition: UInt64] = [:]
        for case .some(let slot) in states where slot.isLive {
            digests[slot.source] = slot.task.stateDigest
        }
        return digests
    }
}
