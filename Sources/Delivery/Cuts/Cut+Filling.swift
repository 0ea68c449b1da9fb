import Primitives

/// How a cut is filled; only while nobody is producing it.
extension Cut {
    /// Empties the cut for a new one called `name`, keeping its memory.
    public func begin(name: String) {
        self.name = name
        records.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        lost.removeAll(keepingCapacity: true)
        removeBytes()
    }

    /// Adds a task that contributes, by the partition it reads, and returns its number.
    public func addOwner(_ partition: PartitionID) -> Int32 {
        owners.append(partition)
        return Int32(owners.count - 1)
    }

    /// Adds a record, whose bytes are copied.
    public func append(
        to partition: PartitionID, owner: Int32, key: ByteSlice?, value: ByteSlice?,
        timestampMs: Int64? = nil, headers: [(name: String, value: String)] = []
    ) {
        records.append(
            Record(
                partition: partition, owner: owner, key: key.map(appendBytes),
                value: value.map(appendBytes), timestampMs: timestampMs, headers: headers))
    }

    /// Adds what is committed with the records.
    public func append(_ position: Position) { positions.append(position) }

    /// Gives up what a task contributed: its partition went elsewhere.
    public func giveUp(owner: Int32) { lost.insert(owner) }
}
