import Primitives
import Snapshots
import Topology

/// A task whose snapshots leave something out, or hold it in another form.
final class ForgingTask: TaskWrapper {
    /// An item of a snapshot, with the number of its kind.
    private struct Item {
        var kind: UInt8
        var bytes: [UInt8]
    }

    /// Kinds of what CAMPAIGN writes, as its format has them.
    private enum OfCampaign {
        static let records: UInt8 = 2
        static let closed: UInt8 = 4
        static let waiting: UInt8 = 5
        static let accounts: UInt8 = 7
    }

    /// The kind of what ENTITY writes of leads.
    private static let leads: UInt8 = 5

    private let lies: PlantedLies

    init(_ task: any StatefulTask, _ lies: PlantedLies) {
        self.lies = lies
        super.init(task)
    }

    override func takeSnapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool, leastRoll: Int
    ) -> TaskSnapshot? {
        // One that holds everything, so that no older one has what is left out.
        let taken = super.takeSnapshot(id, position: position, isFull: true, leastRoll: leastRoll)
        guard let taken, let entry = taken.manifest.window.entries.first else { return taken }
        var writer = PageWriter(task: self.id, id: id)
        for item in forged(Self.items(of: taken)) {
            item.bytes.withUnsafeBytes { writer.append(PageKind(rawValue: item.kind), $0) }
        }
        let (pages, digest) = writer.finish()
        var window = SnapshotWindow()
        window.push(
            SnapshotWindow.Entry(
                id: id, pages: UInt32(pages.pages.count), digest: digest, span: entry.span))
        var manifest = taken.manifest
        manifest.window = window
        return TaskSnapshot(pages: pages, manifest: manifest)
    }

    private static func items(of snapshot: TaskSnapshot) -> [Item] {
        struct Unreadable: Error {}
        var items: [Item] = []
        var reader = ItemReader()
        for (index, bytes) in snapshot.pages.pages.enumerated() {
            let key = StateKey(
                snapshot.pages.task, .page(index: UInt32(index)), of: snapshot.pages.id)
            guard let page = try? Page(bytes, key: key) else {
                preconditionFailure("a page of our own cannot be read")
            }
            try? reader.read(page, corrupted: Unreadable()) { (item) throws(Unreadable) in
                items.append(Item(kind: page.kind.rawValue, bytes: Array(item)))
            }
        }
        return items
    }

    private func forged(_ items: [Item]) -> [Item] {
        guard id.stage == .campaign else {
            return lies.contains(.forgetsLeads) ? Self.withoutLeads(items) : items
        }
        return items.compactMap { item in
            switch item.kind {
            case OfCampaign.closed where lies.contains(.forgetsClosed): nil
            case OfCampaign.waiting where lies.contains(.forgetsWaiting): nil
            case OfCampaign.records where lies.contains(.forgetsMerges):
                Item(kind: item.kind, bytes: Self.withoutMerge(item.bytes))
            case OfCampaign.records where lies.contains(.forgetsNames):
                Item(kind: item.kind, bytes: Self.withOtherName(item.bytes))
            case OfCampaign.accounts where lies.contains(.forgetsRows):
                Item(kind: item.kind, bytes: Self.withoutRow(item.bytes))
            default: item
            }
        }
    }

    // MARK: Forgery

    /// No lead is open: the second item of leads counts them, the last is what is to be told with the tick.
    private static func withoutLeads(_ items: [Item]) -> [Item] {
        let places = items.indices.filter { items[$0].kind == leads }
        guard let first = places.dropFirst().first, let last = places.last, first < last else {
            return items
        }
        var head = ByteBuffer()
        items[first].bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            head.append(reader.integer(UInt8.self) ?? 0)
            _ = reader.varint()
            head.append(varint: 0)
            head.append(varint: reader.varint() ?? 0)
        }
        return items.enumerated().compactMap { place, item in
            if place == first { return Item(kind: item.kind, bytes: head.array()) }
            return first < place && place < last ? nil : item
        }
    }

    /// A record, whose key is the low half of its uid, with another high half.
    private static func withOtherName(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for i in 8..<16 { bytes[i] ^= 0xA5 }
        return bytes
    }

    /// A record that is about to become part of no other.
    private static func withoutMerge(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { item in
            var reader = ByteReader(item)
            _ = reader.bytes(24)
            _ = reader.zigzag()
            skipOptional(&reader) { _ = $0.varint() }
            _ = reader.varint()
            for _ in 0..<2 { skipOptional(&reader) { _ = $0.zigzag() } }
            for _ in 0..<2 { skipOptional(&reader) { _ = $0.bytes(16) } }
            var forged = ByteBuffer()
            forged.append(ByteSlice(rebasing: item[..<reader.offset]))
            skipOptional(&reader) { _ = $0.integer(UInt64.self) }
            _ = reader.varint()
            forged.append(0)
            forged.append(varint: 0)
            forged.append(ByteSlice(rebasing: item[reader.offset...]))
            return forged.array()
        }
    }

    /// An account of which nobody was told.
    private static func withoutRow(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { item in
            var reader = ByteReader(item)
            _ = reader.integer(UInt64.self)
            _ = reader.sizedBytes()
            skipOptional(&reader) { _ = $0.zigzag() }
            var forged = ByteBuffer()
            forged.append(ByteSlice(rebasing: item[..<reader.offset]))
            skipOptional(&reader) { reader in
                _ = reader.bytes(16)
                _ = reader.sizedBytes()
                _ = reader.zigzag()
                for _ in 0..<2 { _ = reader.varint() }
            }
            forged.append(0)
            forged.append(ByteSlice(rebasing: item[reader.offset...]))
            return forged.array()
        }
    }

    private static func skipOptional(_ reader: inout ByteReader, _ skip: (inout ByteReader) -> Void)
    {
        if reader.integer(UInt8.self) == 1 { skip(&reader) }
    }
}
