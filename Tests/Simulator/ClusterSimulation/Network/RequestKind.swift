/// What a client asks of a broker.
public enum RequestKind: UInt8, Sendable, CaseIterable {
    case fetch, produce, listOffsets, metadata, findCoordinator
    case joinGroup, syncGroup, heartbeat, leaveGroup, offsetCommit, offsetFetch
    case initProducerID, addPartitions, addOffsets, transactionOffsets, endTransaction
}
