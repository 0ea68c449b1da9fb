import Primitives
import Snapshots
import Topology

/// What of the ENTITY side goes into checkpoints: a whole snapshot of each task, and what waits in it for its pane.
extension EntityStage {
    /// Writes all tasks.
    func save(into writer: inout CheckpointWriter) throws(CheckpointError) {
        var buffer = ByteBuffer(capacity: 1 << 16)
        for i in 0..<count {
            let id = SnapshotID(incarnation: 1, sequence: tasks[i].lastSequence + 1)
            guard let snapshot = tasks[i].snapshot(id, position: offsets[i], isFull: true) else {
                preconditionFailure("no block of a replay comes twice or late")
            }
            try writer.add(
                snapshot, as: .task, pages: .page, partition: tasks[i].partition, at: offsets[i])
            buffer.removeAll()
            tasks[i].encodePending(into: &buffer)
            try writer.add(.pending, buffer.bytes)
        }
    }

    /// Puts a task that was restored in its place.
    func take(_ task: consuming EntityTask, offset: Int64) {
        let i = task.partition / stride
        tasks[i] = task
        offsets[i] = offset
    }
}

extension CheckpointWriter {
    /// Adds a snapshot: a section with its place and manifest, and one for each page.
    mutating func add(
        _ snapshot: TaskSnapshot, as head: CheckpointSection, pages: CheckpointSection,
        partition: Int, at offset: Int64
    ) throws(CheckpointError) {
        var buffer = ByteBuffer(capacity: 1 << 16)
        buffer.append(varint: UInt64(partition))
        buffer.append(integer: offset)
        buffer.append(sized: snapshot.manifest.key.bytes)
        buffer.append(sized: snapshot.manifest.record.value)
        try add(head, buffer.bytes)
        for (number, page) in snapshot.pages.pages.enumerated() {
            buffer.removeAll()
            let key = StateKey(
                snapshot.pages.task, .page(index: UInt32(number)), of: snapshot.pages.id)
            buffer.append(sized: key.bytes)
            buffer.append(sized: page)
            try add(pages, buffer.bytes)
        }
    }
}

/// Builds one task of a checkpoint from its sections.
struct TaskRestore: ~Copyable {
    let partition: Int
    let offset: Int64
    private var assembler: SnapshotAssembler

    /// Begins with the section of kind `task` or `campaign`; nil where it is something else.
    init?(_ bytes: ByteSlice, _ stage: Stage, _ plan: TopologyPlan, partitions: Int) {
        var reader = ByteReader(bytes)
        guard let partition = reader.number(), partition < partitions,
            let offset = reader.integer(Int64.self), let key = reader.field(),
            let manifest = reader.field()
        else { return nil }
        self.partition = partition
        self.offset = offset
        assembler = SnapshotAssembler(
            task: TaskID(
                application: plan.application, stage: stage, partition: Int32(partition)))
        assembler.add(key: key, value: manifest)
    }

    /// Takes in a section of kind `page`.
    mutating func add(_ bytes: ByteSlice) {
        var reader = ByteReader(bytes)
        guard let key = reader.field(), let page = reader.field() else { return }
        assembler.add(key: key, value: page)
    }

    /// The snapshot and its pages; nil where something of it is missing.
    var chosen: (manifest: Manifest, pages: [Page])? {
        guard let found = assembler.choose(notAfter: offset).first, found.problem == nil,
            let manifest = found.manifest
        else { return nil }
        return (manifest, assembler.pages(of: manifest))
    }

    /// The task, with what waits in it; nil where something of it is missing.
    consuming func finish(
        _ pending: ByteSlice, _ settings: PipelineSettings, _ plan: TopologyPlan
    ) -> EntityTask? {
        guard let (manifest, pages) = chosen else { return nil }
        var task = settings.makeEntityTask(plan, partition: partition, restoring: manifest)
        do throws(RestoreError) {
            for page in pages { try task.load(page) }
            _ = try task.finishRestore()
        } catch {
            return nil
        }
        task.isMuted = false
        guard task.loadPending(pending) else { return nil }
        return task
    }
}
