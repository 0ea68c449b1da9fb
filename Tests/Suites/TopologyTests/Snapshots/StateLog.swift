import Primitives
import Snapshots
import TestSupport

/// The state topic of one task: records in order, compacted at some time or other.
struct StateLog {
    private var records: [(key: StateKey, value: [UInt8]?)] = []
    private(set) var manifests: [Manifest] = []

    /// Writes pages.
    mutating func write(_ pages: SnapshotPages) {
        for (i, page) in pages.pages.enumerated() {
            records.append((StateKey(pages.task, .page(index: UInt32(i)), of: pages.id), page))
        }
    }

    /// Publishes a manifest, and removes the manifest before the last one with the pages only it named.
    mutating func publish(_ manifest: Manifest) {
        records.append((manifest.key, manifest.record.value))
        manifests.append(manifest)
        guard manifests.count > 2 else { return }
        let old = manifests.removeFirst()
        records.append((old.key, nil))
        for key in old.pageKeys(notNamedBy: manifests) { records.append((key, nil)) }
    }

    /// Removes what later records replace, as far as a compaction has come.
    mutating func compact(using random: inout TestRandom) {
        let upTo = Int.random(in: 0...records.count, using: &random)
        let gone = Set(records[..<upTo].filter { $0.value == nil }.map(\.key))
        let tombstones = Bool.random(using: &random)
        var kept = records[..<upTo].filter {
            !gone.contains($0.key) || ($0.value == nil && tombstones)
        }
        kept += records[upTo...]
        records = Array(kept)
    }

    /// Damages some page of a manifest's newest snapshot: flips a bit, cuts it off, or takes it away.
    mutating func damage(_ manifest: Manifest, using random: inout TestRandom) {
        let places = records.indices.filter {
            records[$0].key.id == manifest.id && records[$0].key.kind != .manifest
                && records[$0].value != nil
        }
        guard let place = places.randomElement(using: &random), var page = records[place].value
        else { return }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: page[.random(in: 0..<page.count, using: &random)] ^= 4
        case 1: page.removeLast(.random(in: 1...page.count, using: &random))
        default:
            records.remove(at: place)
            return
        }
        records[place].value = page
    }

    /// Everything kept, read front to back.
    func assembler(_ task: TaskID) -> SnapshotAssembler {
        var assembler = SnapshotAssembler(task: task)
        for (key, value) in records {
            key.bytes.withUnsafeBytes { key in
                guard let value else { return assembler.add(key: key, value: nil) }
                value.withUnsafeBytes { assembler.add(key: key, value: $0) }
            }
        }
        return assembler
    }
}
