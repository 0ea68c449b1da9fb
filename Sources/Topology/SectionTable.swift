import Primitives

/// The partials an ingest task has not flushed: one growing run of bytes per shuffle partition and pane.
///
/// Buffers are kept and reused, so the steady state allocates nothing.
struct SectionTable: ~Copyable {
    /// The partials of one pane for one partition.
    struct Section {
        var pane: UInt32
        var count: Int
        var capacity: Int
        var base: UnsafeMutableRawPointer
    }

    /// What waits for one partition.
    private struct Target {
        var sections: UnsafeMutablePointer<Section>
        var used: Int
        var capacity: Int
        /// Bytes over all sections.
        var bytes: Int
        /// Counts flushes, so that a reference to flushed bytes can be told.
        var generation: UInt32
    }

    let partitions: Int
    private let targets: UnsafeMutablePointer<Target>

    init(partitions: Int) {
        self.partitions = partitions
        targets = .allocate(capacity: partitions)
        for t in 0..<partitions {
            (targets + t).initialize(
                to: Target(
                    sections: .allocate(capacity: 4), used: 0, capacity: 4, bytes: 0, generation: 1)
            )
            for s in 0..<4 { (targets[t].sections + s).initialize(to: Self.empty()) }
        }
    }

    deinit {
        for t in 0..<partitions {
            for s in 0..<targets[t].capacity { targets[t].sections[s].base.deallocate() }
            targets[t].sections.deallocate()
        }
        targets.deallocate()
    }

    private static func empty() -> Section {
        Section(pane: 0, count: 0, capacity: 256, base: .allocate(byteCount: 256, alignment: 16))
    }

    /// Bytes waiting for a partition.
    @inline(__always)
    func bytes(for target: Int) -> Int { targets[target].bytes }
    /// Sections waiting for a partition.
    func sectionCount(for target: Int) -> Int { targets[target].used }
    /// Section `index` of a partition.
    func section(_ index: Int, for target: Int) -> Section { targets[target].sections[index] }
    /// How often a partition was flushed.
    @inline(__always)
    func generation(of target: Int) -> UInt32 { targets[target].generation }
    /// The address of bytes appended since the partition's last flush.
    @inline(__always)
    func address(target: Int, section: Int, offset: Int) -> UnsafeMutableRawPointer {
        targets[target].sections[section].base + offset
    }

    /// The index of the section of `pane`; made where there is none.
    @inline(__always)
    func section(of pane: UInt32, for target: Int) -> Int {
        var i = targets[target].used - 1
        while i >= 0 {
            if targets[target].sections[i].pane == pane { return i }
            i -= 1
        }
        return open(pane, for: target)
    }

    private func open(_ pane: UInt32, for target: Int) -> Int {
        let t = targets + target
        if t.pointee.used == t.pointee.capacity {
            let larger = t.pointee.capacity * 2
            let moved = UnsafeMutablePointer<Section>.allocate(capacity: larger)
            moved.moveInitialize(from: t.pointee.sections, count: t.pointee.capacity)
            for s in t.pointee.capacity..<larger { (moved + s).initialize(to: Self.empty()) }
            t.pointee.sections.deallocate()
            t.pointee.sections = moved
            t.pointee.capacity = larger
        }
        t.pointee.sections[t.pointee.used].pane = pane
        t.pointee.used += 1
        return t.pointee.used - 1
    }

    /// Appends `count` bytes of unspecified content to a section and returns their offset.
    @inline(__always)
    func append(_ count: Int, target: Int, section: Int) -> Int {
        let s = targets[target].sections + section
        if s.pointee.count + count > s.pointee.capacity { Self.grow(s, by: count) }
        let offset = s.pointee.count
        s.pointee.count += count
        targets[target].bytes += count
        return offset
    }

    private static func grow(_ section: UnsafeMutablePointer<Section>, by count: Int) {
        let larger = max(section.pointee.capacity * 2, section.pointee.count + count)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: section.pointee.base, byteCount: section.pointee.count)
        section.pointee.base.deallocate()
        section.pointee.base = moved
        section.pointee.capacity = larger
    }

    /// Forgets what waits for a partition, keeping the memory.
    func clear(target: Int) {
        for s in 0..<targets[target].used { targets[target].sections[s].count = 0 }
        targets[target].used = 0
        targets[target].bytes = 0
        targets[target].generation &+= 1
    }
}
