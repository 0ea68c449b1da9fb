import Campaigns
import Primitives
import Snapshots
import Topology

/// What of the CAMPAIGN stage goes into checkpoints: a whole snapshot of its task.
extension CampaignStage {
    /// Writes the task; all evidence handed over was worked on.
    func save(into writer: inout CheckpointWriter) throws(CheckpointError) {
        let id = SnapshotID(incarnation: 1, sequence: task.lastSequence + 1)
        try writer.add(
            task.snapshot(id, position: offset, isFull: true), as: .campaign, pages: .campaignPage,
            partition: 0, at: offset)
        var leftOut = ByteBuffer()
        let counters = counters
        for count in [counters.evicted, counters.edgesOverLimit, counters.thinned] {
            leftOut.append(varint: UInt64(count))
        }
        try writer.add(.campaignEnd, leftOut.bytes)
    }

    /// Goes on from a snapshot, with what was left out until then; false where it cannot be read.
    func restore(
        _ manifest: Manifest, _ pages: [Page], offset: Int64, leftOut: ByteSlice
    ) -> Bool {
        var reader = ByteReader(leftOut)
        guard let evicted = reader.number(), let edges = reader.number(),
            let thinned = reader.number()
        else { return false }
        (base.evicted, base.edgesOverLimit, base.thinned) = (evicted, edges, thinned)
        task = campaigns.makeTask(pipeline, restoring: manifest)
        do throws(RestoreError) {
            for page in pages { try task.load(page) }
            _ = try task.finishRestore()
        } catch {
            return false
        }
        task.isMuted = false
        self.offset = offset
        return true
    }
}
