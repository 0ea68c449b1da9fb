import Campaigns
import Primitives
import Snapshots
import Topology

/// What of the CAMPAIGN stage goes into checkpoints: a whole snapshot of its task.
extension CampaignStage {
    /// Writes the task; all evidence handed over was worked on.
    func save(into writer: inout CheckpointWriter) throws(CheckpointError) {
        var buffer = ByteBuffer(capacity: 1 << 16)
        let id = SnapshotID(incarnation: 1, sequence: task.lastSequence + 1)
        let snapshot = task.snapshot(id, position: offset, isFull: true)
        buffer.append(varint: 0)
        buffer.append(integer: offset)
        buffer.append(field: snapshot.manifest.key.bytes)
        buffer.append(field: snapshot.manifest.record.value)
        try writer.add(.campaign, buffer.bytes)
        for (number, page) in snapshot.pages.pages.enumerated() {
            buffer.removeAll()
            let key = StateKey(snapshot.pages.task, .page(index: UInt32(number)), of: id)
            buffer.append(field: key.bytes)
            buffer.append(field: page)
            try writer.add(.campaignPage, buffer.bytes)
        }
        buffer.removeAll()
        try writer.add(.campaignEnd, buffer.bytes)
    }

    /// Goes on from a snapshot; false where it cannot be read.
    func restore(_ manifest: Manifest, _ pages: [Page], offset: Int64) -> Bool {
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
