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
        var done = ByteBuffer()
        counters.encode(into: &done)
        memberships.encode(into: &done)
        try writer.add(.campaignEnd, done.bytes)
    }

    /// Goes on from a snapshot, with what was counted and who was told of until then; false where it cannot be read.
    func restore(
        _ manifest: Manifest, _ pages: [Page], offset: Int64, done: ByteSlice
    ) -> Bool {
        var reader = ByteReader(done)
        guard let base = Counters(&reader), let memberships = Memberships(&reader) else {
            return false
        }
        (self.base, self.memberships) = (base, memberships)
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
