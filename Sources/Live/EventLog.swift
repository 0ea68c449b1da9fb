import Broker
import Delivery
import Telemetry
import Topology

/// Writes what happens as log lines.
struct EventLog: Sendable {
    private let logger: Logger
    private let topics: TopicNames

    init(_ logger: Logger, _ topics: TopicNames) {
        self.logger = logger
        self.topics = topics
    }

    private func place(_ partition: TopicPartition) -> Logger.MetadataValue {
        .string("\(topics[partition.topic] ?? "")[\(partition.number)]")
    }

    func write(_ event: EngineEvent) {
        switch event {
        case .assigned, .revoked, .membershipOver, .clusterTrouble, .lookupFailed,
            .dataLossAccepted, .begunWithoutOffset, .inputGrew:
            writeGroup(event)
        case .producerStarted, .commitFailed, .outcomeResolved, .batchRefused, .batchStale,
            .commitsStalled,
            .settlingTimedOut:
            writeCommits(event)
        case .deadLetter, .refused, .sourceIdle, .missingRecords, .stalled, .endedWithOthers:
            writeTasks(event)
        case .restoreBegan, .restoreProgress, .snapshotUnusable, .stateChanged, .rebuilding,
            .restored, .restoreFailed:
            writeRestore(event)
        case .snapshotTaken, .snapshotFailed, .lastSnapshotsTimedOut: writeSnapshots(event)
        }
    }

    private func writeGroup(_ event: EngineEvent) {
        switch event {
        case .assigned(let inputs, let shuffles, let epoch):
            logger.info(
                "partitions assigned",
                metadata: [
                    "input": .count(inputs), "shuffle": .count(shuffles), "epoch": .count(epoch),
                ])
        case .revoked(let count, let isLost):
            logger.info(
                "partitions revoked", metadata: ["count": .count(count), "lost": .flag(isLost)])
        case .membershipOver:
            logger.warning("the membership ended before its partitions could be begun")
        case .clusterTrouble(let error):
            logger.warning("kafka error", metadata: ["error": .string("\(error)")])
        case .lookupFailed(let error, let attempts):
            logger.warning(
                "committed offsets cannot be read; asking again",
                metadata: ["error": .string("\(error)"), "attempts": .count(attempts)])
        case .dataLossAccepted(let partition, let committed, let start):
            logger.error(
                "records are gone that were not read; going on with what is kept",
                metadata: [
                    "partition": place(partition), "committed": .count(committed),
                    "start": .count(start),
                ])
        case .begunWithoutOffset(let partition, let start):
            logger.info(
                "no offset is committed for a partition",
                metadata: ["partition": place(partition), "start": .count(start)])
        case .inputGrew(let partitions):
            logger.notice(
                "the input topic has more partitions", metadata: ["partitions": .count(partitions)])
        default: break
        }
    }

    private func writeCommits(_ event: EngineEvent) {
        switch event {
        case .producerStarted(let failures):
            logger.log(
                level: failures > 0 ? .info : .debug, "producer started",
                metadata: ["after_failures": .count(failures)])
        case .commitFailed(let step, let error, let failures):
            logger.warning(
                "a commit failed; its outputs are kept and tried again",
                metadata: [
                    "step": .string(step), "error": .string("\(error)"),
                    "failures": .count(failures),
                ])
        case .outcomeResolved(let batch, let wasCommitted):
            logger.info(
                "a commit without an answer is resolved",
                metadata: ["cut": .string(batch), "committed": .flag(wasCommitted)])
        case .batchRefused(let batch, let error):
            logger.info(
                "a commit batch's membership is over; waiting for what the group says",
                metadata: ["cut": .string(batch), "error": .string("\(error)")])
        case .batchStale(let batch):
            logger.warning(
                "others have committed what a commit batch was to commit; it is dropped",
                metadata: ["cut": .string(batch)])
        case .commitsStalled(let ms):
            logger.error("nothing could be committed", metadata: ["for_ms": .count(ms)])
        case .settlingTimedOut:
            logger.warning("what was read could not be settled in time; it is read again")
        default: break
        }
    }

    /// A dead letter is told by its place, never its bytes; the handler holds back repeats.
    private func writeTasks(_ event: EngineEvent) {
        switch event {
        case .deadLetter(let partition, let offset, let reason, let field):
            logger.warning(
                "record set aside as a dead letter",
                metadata: [
                    "topic": .string(topics.input), "partition": .count(partition),
                    "offset": .count(offset), "reason": .string(reason.rawValue),
                    "field": .string(field?.name ?? "-"),
                ])
        case .refused(let partition, let offset, let reason, let advice):
            logger.warning(
                "record set aside as a dead letter",
                metadata: [
                    "topic": .string(topics[partition.topic] ?? ""),
                    "partition": .count(partition.number), "offset": .count(offset),
                    "reason": .string(reason), "advice": .string(advice),
                ])
        case .sourceIdle(let partition):
            logger.debug("partition is idle", metadata: ["partition": .count(partition)])
        case .stalled(let stall):
            logger.warning(
                "a partition has something to read and does not move",
                metadata: [
                    "partition": place(stall.partition), "for_ms": .count(stall.forMs),
                    "why": .string(StallText(topics).why(stall.reason)),
                ])
        case .endedWithOthers(let partitions):
            logger.notice(
                "the end is reached; others hold partitions, and close what fires there",
                metadata: ["partitions": .count(partitions)])
        case .missingRecords(let partition, let count):
            logger.error(
                "blocks of a source do not follow each other: records are missing",
                metadata: ["partition": .count(partition), "records": .count(count)])
        default: break
        }
    }

    private func writeRestore(_ event: EngineEvent) {
        switch event {
        case .restoreBegan(let task, let committed):
            logger.log(
                level: committed > 0 ? .info : .debug, "restoring",
                metadata: ["task": .string("\(task)"), "committed": .count(committed)])
        case .restoreProgress(let progress): writeProgress(progress)
        case .snapshotUnusable(let task, let id, let reason):
            logger.error(
                "a snapshot cannot be used; trying an older one",
                metadata: [
                    "task": .string("\(task)"), "snapshot": .string("\(id)"),
                    "reason": .string(reason),
                ])
        case .stateChanged(let task, let report): writeChange("\(task)", report)
        case .rebuilding(let task, let offset, let isIncomplete):
            let message: Logger.Message =
                isIncomplete
                ? "no snapshot can be used: rebuilding from the records kept; windows stay incomplete until they have passed"
                : "no snapshot can be used: rebuilding from the first record"
            logger.log(
                level: isIncomplete ? .error : .warning, message,
                metadata: ["task": .string("\(task)"), "from": .count(offset)])
        case .restored(let task, let summary): writeRestored("\(task)", summary)
        case .restoreFailed(let task, let error):
            logger.warning(
                "restoring failed; trying again",
                metadata: ["task": .string("\(task)"), "error": .string("\(error)")])
        default: break
        }
    }

    /// What the rules of now need and the state does not have.
    private func writeChange(_ task: String, _ report: RestoreReport) {
        var fields: Logger.Metadata = ["task": .string(task)]
        func list(_ name: String, _ values: [String]) {
            if !values.isEmpty { fields[name] = .string(values.joined(separator: "; ")) }
        }
        list("fills_anew", report.rewarms)
        list("kinds_added", report.addedKinds)
        list("kinds_removed", report.removedKinds)
        list("rules_added", report.addedRules)
        list("rules_changed", report.changedRules)
        list("rules_removed", report.removedRules)
        logger.warning(
            "state was kept under other rules; a snapshot comes before the first finding",
            metadata: fields)
    }

    private func writeProgress(_ progress: RestoreProgress) {
        var fields: Logger.Metadata = [
            "task": .string("\(progress.task)"), "step": .string(progress.step.rawValue),
            "done": .count(progress.done), "total": .count(progress.total),
            "per_s": .count(Int(progress.rate)), "elapsed_ms": .count(progress.elapsedMs),
        ]
        if let left = progress.remainingMs { fields["remaining_ms"] = .count(left) }
        logger.info("restoring", metadata: fields)
    }

    private func writeRestored(_ task: String, _ summary: RestoreSummary) {
        if summary.isEmpty {
            return logger.debug("nothing to restore", metadata: ["task": .string(task)])
        }
        logger.info(
            "restored",
            metadata: [
                "task": .string(task),
                "snapshot": .string(summary.snapshot.map { "\($0)" } ?? "none"),
                "entities": .count(summary.entities), "replayed": .count(summary.replayed),
                "elapsed_ms": .count(summary.elapsedMs),
            ])
    }

    private func writeSnapshots(_ event: EngineEvent) {
        switch event {
        case .snapshotTaken(let task, let id, let pages, let bytes):
            logger.debug(
                "snapshot taken",
                metadata: [
                    "task": .string("\(task)"), "snapshot": .string("\(id)"),
                    "pages": .count(pages), "bytes": .count(bytes),
                ])
        case .snapshotFailed(let task, let id, let error):
            logger.error(
                "a snapshot could not be written; the one before stays good",
                metadata: [
                    "task": .string("\(task)"), "snapshot": .string("\(id)"),
                    "error": .string("\(error)"),
                ])
        case .lastSnapshotsTimedOut(let tasks):
            logger.warning(
                "not all last snapshots were written in time; the next start reads again from the ones before",
                metadata: ["tasks": .count(tasks)])
        default: break
        }
    }
}
