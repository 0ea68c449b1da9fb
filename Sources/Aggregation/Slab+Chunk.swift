extension Slab {
    /// A run of pieces of one size: fields at its start, then the pieces.
    struct Chunk {
        let base: UnsafeMutableRawPointer

        init(_ base: UnsafeMutableRawPointer) { self.base = base }

        private func field<T>(_ offset: Int, _: T.Type) -> UnsafeMutablePointer<T> {
            (base + offset).assumingMemoryBound(to: T.self)
        }
        var size: Int { field(0, Int.self).pointee }
        var live: Int { field(8, Int.self).pointee }
        var freed: UnsafeMutableRawPointer? { field(16, UnsafeMutableRawPointer?.self).pointee }
        var fresh: Int { field(24, Int.self).pointee }
        var previous: UnsafeMutableRawPointer? {
            get { field(32, UnsafeMutableRawPointer?.self).pointee }
            nonmutating set { field(32, UnsafeMutableRawPointer?.self).pointee = newValue }
        }
        var next: UnsafeMutableRawPointer? {
            get { field(40, UnsafeMutableRawPointer?.self).pointee }
            nonmutating set { field(40, UnsafeMutableRawPointer?.self).pointee = newValue }
        }
        var isFull: Bool { freed == nil && fresh + size > Slab.chunkSize }
        /// Pieces that can be taken.
        var room: Int { (Slab.chunkSize - Slab.chunkHeader) / size - live }
        /// The addresses of all pieces ever taken, live or not.
        var pieces: some Sequence<UnsafeMutableRawPointer> {
            stride(from: Slab.chunkHeader, to: fresh, by: size).lazy.map { base + $0 }
        }

        func reset(size: Int) {
            field(0, Int.self).pointee = size
            field(8, Int.self).pointee = 0
            field(16, UnsafeMutableRawPointer?.self).pointee = nil
            field(24, Int.self).pointee = Slab.chunkHeader
        }

        func take() -> UnsafeMutableRawPointer {
            field(8, Int.self).pointee += 1
            if let piece = freed {
                let next = piece.assumingMemoryBound(to: UnsafeMutableRawPointer?.self).pointee
                field(16, UnsafeMutableRawPointer?.self).pointee = next
                return piece
            }
            let offset = fresh
            field(24, Int.self).pointee = offset + size
            return base + offset
        }

        func give(_ piece: UnsafeMutableRawPointer) {
            piece.assumingMemoryBound(to: UnsafeMutableRawPointer?.self).pointee = freed
            field(16, UnsafeMutableRawPointer?.self).pointee = piece
            field(8, Int.self).pointee -= 1
        }
    }
}
