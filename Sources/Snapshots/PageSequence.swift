/// Checks that pages come as a manifest's window has them: the newest snapshot first, each snapshot's pages in order, and
/// no item that goes on in pages of another kind.
///
///     guard pages.follows(page) else { throw .corrupted }
///     try pages.items.read(page, corrupted: .corrupted) { item in ... }
public struct PageSequence: ~Copyable {
    /// What is read.
    public let manifest: Manifest
    /// Gives the items of the pages.
    public var items = ItemReader()
    /// The snapshot being read, by its place in the window.
    private var place = 0
    /// Pages of it that were read.
    private var pages: UInt32 = 0
    private var kind: PageKind?

    /// The pages of `manifest`, of which none was read.
    public init(_ manifest: Manifest) { self.manifest = manifest }

    /// Whether the newest snapshot is being read: the one whose header counts.
    public var isNewest: Bool { place == 0 }

    /// Whether all pages were read.
    public var isAtEnd: Bool {
        place == manifest.window.entries.count - 1
            && pages == manifest.window.entries[place].pages && items.isWhole
    }

    /// Whether `page` is the next one.
    public mutating func follows(_ page: Page) -> Bool {
        let entries = manifest.window.entries
        if pages == entries[place].pages, place + 1 < entries.count {
            place += 1
            pages = 0
            kind = nil
        }
        guard page.task == manifest.task, page.id == entries[place].id, page.index == pages,
            pages < entries[place].pages
        else { return false }
        pages += 1
        if kind != page.kind {
            guard items.isWhole else { return false }
            kind = page.kind
        }
        return true
    }
}
