import Broker
import Detection
import Primitives
import Snapshots
import Topology

/// A CAMPAIGN task that is told of evidence in another form, or whose outputs do not all go where they should.
final class LyingCampaign: TaskWrapper {
    /// Lets through what a task puts out, but for rows of members that are dropped or held back.
    private final class Sieve: TaskOutputs {
        let outputs: any TaskOutputs
        let lies: PlantedLies
        var hasRedirect = false
        /// Rows that are to go out later.
        var late: [(account: [UInt8], row: [UInt8]?)] = []

        init(_ outputs: any TaskOutputs, _ lies: PlantedLies) {
            self.outputs = outputs
            self.lies = lies
        }

        func put(_ finding: Finding) {
            if finding.campaign?.redirectTo != nil { hasRedirect = true }
            outputs.put(finding)
        }

        func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
            let isRow = partition.topic == .members
            if isRow, value == nil, lies.contains(.losesTombstones) { return }
            if isRow, hasRedirect, lies.contains(.redirectsAlone) {
                return late.append((key.map { Array($0) } ?? [], value.map { Array($0) }))
            }
            outputs.put(key: key, value: value, to: partition)
        }
    }

    private let lies: PlantedLies
    private var late: [(account: [UInt8], row: [UInt8]?)] = []
    private var isRestored = false

    init(_ task: any StatefulTask, _ lies: PlantedLies) {
        self.lies = lies
        super.init(task)
    }

    override func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        let sieve = outputs.map { Sieve($0, lies) }
        if let outputs {
            for (account, row) in late { Self.put(account, row, outputs) }
            late = []
        }
        if isRestored, lies.contains(.countsTwiceAfterRestore), Self.hasItems(record) {
            isRestored = false
            // As the first part of what is told, which the whole follows.
            try give(Self.flagged(record, with: Self.hasMore), offset, sieve)
        }
        try give(forged(record), offset, sieve)
        late += sieve?.late ?? []
    }

    private func give(
        _ bytes: [UInt8], _ offset: Int64, _ outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        try bytes.withUnsafeBufferPointer { (block) throws(BlockError) in
            try super.receive(ByteSlice(block), offset: offset, outputs: outputs)
        }
    }

    private static func put(_ account: [UInt8], _ row: [UInt8]?, _ outputs: any TaskOutputs) {
        account.withUnsafeBytes { account in
            (row ?? []).withUnsafeBytes { value in
                outputs.put(
                    key: account, value: row == nil ? nil : value, to: TopicPartition(.members, 0))
            }
        }
    }

    override func reset() {
        late = []
        super.reset()
    }

    override func finishRestore() throws(RestoreError) -> RestoreReport {
        late = []
        isRestored = true
        return try super.finishRestore()
    }

    // MARK: Blocks

    private static let hasEnded: UInt8 = 1
    private static let hasMore: UInt8 = 2

    private func forged(_ record: ByteSlice) -> [UInt8] {
        guard let header = try? EvidenceBlock(record).header, header.source == 0 else {
            return Array(record)
        }
        if lies.contains(.waitsForNoFirst) { return Self.flagged(record, with: Self.hasEnded) }
        return lies.contains(.tiesTooEarly) ? Self.early(record) : Array(record)
    }

    private static func hasItems(_ record: ByteSlice) -> Bool {
        var count = 0
        try? EvidenceBlock(record).forEach { _ in count += 1 }
        return count > 0
    }

    private static func flagged(_ record: ByteSlice, with flag: UInt8) -> [UInt8] {
        var bytes = Array(record)
        bytes[4] |= flag
        return bytes
    }

    /// A block that speaks of the tick before its own.
    private static func early(_ record: ByteSlice) -> [UInt8] {
        var reader = ByteReader(record)
        guard let head = reader.bytes(13), let tickMs = reader.integer(UInt32.self),
            let from = reader.zigzag(), let through = reader.zigzag()
        else { return Array(record) }
        var bytes = ByteBuffer()
        bytes.append(head)
        bytes.append(integer: tickMs)
        for time in [from, through] { bytes.append(zigzag: max(0, time - Int64(tickMs))) }
        bytes.append(ByteSlice(rebasing: record[reader.offset...]))
        return bytes.array()
    }
}
