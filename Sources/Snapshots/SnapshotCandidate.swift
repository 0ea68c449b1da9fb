/// A snapshot there is, and whether it can be used.
public struct SnapshotCandidate: Sendable {
    /// Why a snapshot cannot be used.
    public enum Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// Its manifest cannot be read.
        case unreadable(SnapshotError)
        /// It stands at a position past the committed one: what led there was not committed.
        case ahead(position: Int64)
        /// Pages are not there.
        case missingPages(Int, of: Int)
        /// A page cannot be used; it is the first of `count`.
        case badPage(SnapshotError, index: UInt32, of: SnapshotID, count: Int)
        /// Pages are there and whole, but not those the manifest was written for.
        case otherPages(of: SnapshotID)

        /// What is wrong, for a log line.
        public var description: String {
            switch self {
            case .unreadable(let error): "its manifest is unusable: \(error)"
            case .ahead(let position): "it stands at offset \(position), past the committed one"
            case .missingPages(let count, let all): "\(count) of its \(all) pages are missing"
            case .badPage(let error, let index, let id, let count):
                "\(count) of its pages are unusable, the first page \(index) of snapshot \(id): \(error)"
            case .otherPages(let id): "the pages of snapshot \(id) are not those it was made of"
            }
        }
    }

    /// The newest snapshot of its window.
    public var id: SnapshotID
    /// Its manifest, where that can be read.
    public var manifest: Manifest?
    /// Why it cannot be used; nil where it can.
    public var problem: Problem?
}
