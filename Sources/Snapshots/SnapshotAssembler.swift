import Primitives

/// Puts the snapshots of a task together from the records of its store.
///
/// Feed it every record in the order of the log, removals as well; then ask which snapshots there are. Keeps
/// what is not removed: where all is well, the pages of two windows. Pages are checked as they come.
public struct SnapshotAssembler: Sendable {
    private let task: TaskID
    private var manifests: [SnapshotID: Result<Manifest, SnapshotError>] = [:]
    private var pages: [SnapshotID: [UInt32: Result<Page, SnapshotError>]] = [:]
    /// Bytes of the pages kept.
    public private(set) var byteCount = 0

    /// An assembler of snapshots of `task`.
    public init(task: TaskID) { self.task = task }

    /// Takes in a record; a nil value says that the key was removed. Other tasks' records are passed over.
    public mutating func add(key bytes: ByteSlice, value: ByteSlice?) {
        guard let key = StateKey(bytes), key.task == task else { return }
        switch key.kind {
        case .manifest: manifests[key.id] = value.map { Self.manifest($0, key) }
        case .page(let index): set(value.map { Self.page($0, key) }, index, of: key.id)
        }
    }

    private static func manifest(
        _ bytes: ByteSlice, _ key: StateKey
    ) -> Result<Manifest, SnapshotError> {
        do throws(SnapshotError) { return .success(try Manifest(bytes, key: key)) } catch {
            return .failure(error)
        }
    }

    private static func page(_ bytes: ByteSlice, _ key: StateKey) -> Result<Page, SnapshotError> {
        do throws(SnapshotError) { return .success(try Page(Array(bytes), key: key)) } catch {
            return .failure(error)
        }
    }

    private mutating func set(
        _ page: Result<Page, SnapshotError>?, _ index: UInt32, of id: SnapshotID
    ) {
        let old = pages[id]?[index]
        byteCount += Self.size(page) - Self.size(old)
        pages[id, default: [:]][index] = page
        if pages[id]?.isEmpty == true { pages[id] = nil }
    }

    private static func size(_ page: Result<Page, SnapshotError>?) -> Int {
        if case .success(let page) = page { page.bytes.count } else { 0 }
    }

    /// Whether there is a manifest of the task, readable or not.
    public var hasManifest: Bool { !manifests.isEmpty }

    /// The highest sequence any record of the task has; the next snapshot's has to be higher.
    public var highestSequence: UInt32 {
        max(manifests.keys.map(\.sequence).max() ?? 0, pages.keys.map(\.sequence).max() ?? 0)
    }

    /// Every snapshot there is a manifest of: those that cannot be read first, since they may be the newest,
    /// then by position, the newest first. The first without a problem is the one to use.
    ///
    /// - Parameter offset: the committed offset of the task's partition.
    public func choose(notAfter offset: Int64) -> [SnapshotCandidate] {
        let candidates = manifests.map { id, result in
            switch result {
            case .failure(let error):
                SnapshotCandidate(id: id, manifest: nil, problem: .unreadable(error))
            case .success(let manifest):
                SnapshotCandidate(
                    id: id, manifest: manifest, problem: problem(of: manifest, notAfter: offset))
            }
        }
        return candidates.sorted { a, b in
            let places = (a.manifest?.position ?? .max, b.manifest?.position ?? .max)
            return places.0 == places.1 ? a.id > b.id : places.0 > places.1
        }
    }

    private func problem(
        of manifest: Manifest, notAfter offset: Int64
    ) -> SnapshotCandidate.Problem? {
        if manifest.position > offset { return .ahead(position: manifest.position) }
        var missing = 0
        var bad: [(error: SnapshotError, index: UInt32, id: SnapshotID)] = []
        var other: SnapshotID?
        for entry in manifest.window.entries {
            var checksums = ByteBuffer(capacity: 8 * min(Int(entry.pages), 1 << 16))
            let kept = pages[entry.id] ?? [:]
            missing += Int(entry.pages) - kept.keys.count { $0 < entry.pages }
            for index in kept.keys.sorted() where index < entry.pages {
                switch kept[index] {
                case .success(let page): checksums.append(integer: page.checksum)
                case .failure(let error): bad.append((error, index, entry.id))
                case nil: break
                }
            }
            if xxh3(checksums.bytes) != entry.digest { other = other ?? entry.id }
        }
        let all = manifest.window.entries.reduce(0) { $0 + Int($1.pages) }
        if missing > 0 { return .missingPages(missing, of: all) }
        if let first = bad.first {
            return .badPage(first.error, index: first.index, of: first.id, count: bad.count)
        }
        return other.map { .otherPages(of: $0) }
    }

    /// The pages of a window, the newest snapshot's first, each snapshot's in the order of their indices.
    public func pages(of manifest: Manifest) -> [Page] {
        manifest.window.entries.flatMap { entry in
            (0..<entry.pages).compactMap { index in try? pages[entry.id]?[index]?.get() }
        }
    }

    /// The keys of manifests that are not among `kept`, and of pages that none of those names: left behind by
    /// owners that ended between writing and publishing, or by formats nobody reads.
    public func orphans(keeping kept: [Manifest]) -> [StateKey] {
        let names = Set(kept.map(\.id))
        let named = Set(kept.flatMap { $0.window.entries.map(\.id) })
        let others = manifests.keys.filter { !names.contains($0) }.sorted()
        let loose = pages.keys.filter { !named.contains($0) }.sorted()
        return others.map { StateKey(task, .manifest, of: $0) }
            + loose.flatMap { id in
                (pages[id] ?? [:]).keys.sorted().map { StateKey(task, .page(index: $0), of: id) }
            }
    }
}
