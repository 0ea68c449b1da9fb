/// Numbers about the shard.
extension Shard {
    /// What the shard has done and holds.
    public func report() -> ShardReport {
        var report = retired
        for case .some(let slot) in sources {
            report.ingest.add(slot.counters)
            report.inputs.append(
                InputStanding(
                    partition: slot.partition, position: slot.position, highest: slot.highest))
        }
        for entry in parked.values { entry.slot.task.report(into: &report) }
        for case .some(let slot) in states {
            slot.task.report(into: &report)
            if slot.isLive {
                report.note(slot.task.watermark)
            } else {
                report.restoring += 1
            }
            if case .restoring(let restore) = slot.phase, let progress = restore.progress {
                report.add(progress)
            }
        }
        report.add(outputs.counters)
        report.cuts = cuts
        return report
    }

    /// Whether everything up to the ends seen at the start is read, closed and committed.
    public var isAtEnd: Bool {
        isSettled && sources.allSatisfy { $0?.isFinished ?? true }
            && states.allSatisfy { $0.map { $0.isLive && $0.task.hasEnded } ?? true }
    }
}

extension Shard {
    /// A digest of the state of each task that reads its partition, by shuffle partition; O(state).
    @_spi(Simulation)
    public var stateDigests: [Int32: UInt64] {
        var digests: [Int32: UInt64] = [:]
        for case .some(let slot) in states where slot.isLive {
            digests[slot.source.number] = slot.task.stateDigest
        }
        return digests
    }
}
