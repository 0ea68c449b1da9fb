/// Moves records together where freed ones have left holes: the same state in less memory.
extension EntityStore {
    /// Empties the sparsest chunks of every size class into the others, and fits the index to its content.
    mutating func compact() {
        for sizeClass in Slab.sizeClasses {
            for chunk in slab.takeSparse(sizeClass) {
                for piece in chunk.pieces { evacuate(piece, size: chunk.size) }
                slab.giveBack(chunk)
            }
        }
        index.shrink()
    }

    /// Moves the record at `piece`, if there is one: only a record's own address is found under its key.
    private mutating func evacuate(_ piece: UnsafeMutableRawPointer, size: Int) {
        let record = EntityRecord(base: piece)
        guard index.find(record.key)?.base == piece else { return }
        let moved = EntityRecord(base: slab.allocate(size))
        moved.base.copyMemory(from: piece, byteCount: size)
        index.replace(record, with: moved)
    }
}
