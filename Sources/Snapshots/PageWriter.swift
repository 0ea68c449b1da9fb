import Primitives

/// Cuts the content of a snapshot into pages.
///
/// A page is filled to about 64 KiB; a larger item has a page to itself, and one that would exceed what a
/// broker takes goes on in the pages behind. Items of different kinds share no page.
public struct PageWriter: ~Copyable {
    /// Bytes up to which a page is filled with several items.
    public static let pageBytes = 65_536
    /// Bytes a page has at most: below the brokers' usual limit of a record, 1 MB.
    public static let largestPage = 899_000

    /// Bytes of the items written so far.
    public private(set) var byteCount = 0
    private let task: TaskID
    private let id: SnapshotID
    private var pages: [[UInt8]] = []
    /// The checksums of the pages, for the digest of them all.
    private var checksums = ByteBuffer()
    /// The page being filled.
    private var page = ByteBuffer(capacity: PageWriter.pageBytes * 2)
    private var kind = PageKind(rawValue: 0)
    private var items: UInt32 = 0
    private var carry: UInt32 = 0

    /// A writer of the pages of snapshot `id` of `task`.
    public init(task: TaskID, id: SnapshotID) {
        self.task = task
        self.id = id
    }

    /// Appends an item: what `body` appends to the buffer it is lent, which holds other bytes before.
    public mutating func append(_ kind: PageKind, _ body: (inout ByteBuffer) -> Void) {
        if kind != self.kind || page.isEmpty { beginPage(kind) }
        let start = page.count
        page.append(integer: UInt32(0))
        body(&page)
        let length = page.count - start - 4
        byteCount += length
        page.store(UInt32(length), at: start)
        if page.count > Self.pageBytes, items > 0 || carry > 0 { moveToNextPage(from: start) }
        items += 1
        while page.count > Self.largestPage { split() }
    }

    /// Appends an item.
    public mutating func append(_ kind: PageKind, _ bytes: ByteSlice) {
        append(kind) { $0.append(bytes) }
    }

    private mutating func beginPage(_ kind: PageKind) {
        endPage()
        self.kind = kind
        Frame.begin(&page, magic: Page.magic, task: task, id: id)
        page.append(integer: UInt32(pages.count))
        page.append(kind.rawValue)
        page.append(0)
        page.append(integer: UInt16(0))
        page.append(integer: UInt64(0))
    }

    private mutating func endPage() {
        guard !page.isEmpty else { return }
        page.store(items, at: Frame.size + 8)
        page.store(carry, at: Frame.size + 12)
        checksums.append(integer: Frame.end(&page))
        pages.append(page.array())
        page.removeAll()
        items = 0
        carry = 0
    }

    /// Ends the page before the item at `start`, which begins the next one.
    private mutating func moveToNextPage(from start: Int) {
        let item = Array(page.bytes[start...])
        page.truncate(to: start)
        beginPage(kind)
        item.withUnsafeBytes { page.append($0) }
    }

    /// Ends the page at the most a page may have; the rest of its last item goes on in the next one.
    private mutating func split() {
        let rest = Array(page.bytes[Self.largestPage...])
        page.truncate(to: Self.largestPage)
        beginPage(kind)
        rest.withUnsafeBytes { page.append($0) }
        carry = UInt32(min(rest.count, Self.largestPage - Page.headerSize))
    }

    /// Ends the last page.
    ///
    /// - Returns: the pages, and a digest that tells them from any others.
    public consuming func finish() -> (pages: SnapshotPages, digest: UInt64) {
        endPage()
        return (
            SnapshotPages(task: task, id: id, pages: pages), xxh3(checksums.bytes)
        )
    }
}
