import Broker

/// Decides where an assigned partition is begun.
struct StartRule {
    let settings: EngineSettings
    /// Partitions the input had when the instance first took some on; nil before that.
    var firstInputs: Int?
    /// Where input partitions end for a run that stops there, as seen at its start; one added since is not read.
    var ends: [Int32: Int64]?
    let notify: (EngineEvent) -> Void

    /// The committed offset, where its records are still there.
    ///
    /// - Throws: `.dataLoss` where they are not, and the configuration does not accept that.
    func start(_ committed: PartitionOffset, _ bounds: OffsetRange) throws(EngineFailure)
        -> TaskStart
    {
        let partition = committed.partition
        let end = partition.topic == .input ? ends.map { $0[partition.number] ?? bounds.low } : nil
        guard let offset = committed.offset else {
            let isInput = partition.topic == .input
            // A partition added while the instance runs is read whole: nothing in it was there before.
            let isAdded = firstInputs.map { Int(partition.number) >= $0 } ?? false
            let isLatest = isInput && !isAdded && settings.onMissingOffset == .latest
            let start = isLatest ? bounds.high : bounds.low
            if isInput { notify(.begunWithoutOffset(partition, start: start)) }
            // Brokers forget the offsets of a topic that is deleted: receivers may know another one of its name.
            return TaskStart(
                committed: committed, start: start, bounds: bounds, end: end, isRestart: isInput)
        }
        if offset >= bounds.low, offset <= bounds.high {
            return TaskStart(committed: committed, start: offset, bounds: bounds, end: end)
        }
        guard settings.dataLoss == .accept else {
            throw .dataLoss(message(partition, offset, bounds))
        }
        // Behind the end: the topic was made anew.
        notify(.dataLossAccepted(partition, committed: offset, start: bounds.low))
        return TaskStart(
            committed: committed, start: bounds.low, bounds: bounds, end: end,
            isRestart: offset > bounds.high)
    }

    private func message(_ partition: TopicPartition, _ offset: Int64, _ bounds: OffsetRange)
        -> String
    {
        let place = "\(settings.name(partition.topic))[\(partition.number)]"
        let what =
            offset < bounds.low
            ? "records were deleted before they were read" : "the topic was made anew"
        return
            "\(place): the group has committed offset \(offset), and what is kept is \(bounds.low) to "
            + "\(bounds.high): \(what). Decide: 'stillwatch reset' moves the group, "
            + "'data_loss: accept' goes on with what is kept"
    }
}
