import Primitives
import Snapshots
import TestSupport
import Testing

@Suite("Pages")
struct PageTests {
    private static func item(_ count: Int, _ random: inout TestRandom) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test(
        "items come back as they were written, whatever their sizes",
        arguments: 1...20 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = TestRandom(seed: seed)
        var items: [[UInt8]] = []
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            let size = [0, 3, 500, 60_000, 65_536, 70_000, 899_000, 2_500_000][
                Int.random(in: 0..<8, using: &random)]
            items.append(Self.item(max(0, size + .random(in: -40...40, using: &random)), &random))
        }
        let (pages, _) = TestSnapshots.snapshot(TestSnapshots.id(1), items, span: .all(from: 0))
        #expect(pages.pages.allSatisfy { $0.count <= 900_000 }, "seed \(seed)")
        let read = try TestSnapshots.read(pages)
        #expect(try TestSnapshots.items(of: read) == items, "seed \(seed)")
        // Small items share pages of about 64 KiB.
        let bytes = items.reduce(0) { $0 + $1.count }
        #expect(pages.pages.count <= items.count { $0.count > 30_000 } * 2 + bytes / 30_000 + 1)
    }

    @Test("pages are filled to about 64 KiB, and a larger item has a page to itself")
    func filling() throws {
        var random = TestRandom(seed: 3)
        var items = (0..<2000).map { _ in Self.item(100, &random) }
        items.insert(Self.item(200_000, &random), at: 1000)
        let (pages, _) = TestSnapshots.snapshot(TestSnapshots.id(1), items, span: .all(from: 0))
        let sizes = pages.pages.map(\.count)
        #expect(sizes.count == 5)
        #expect(sizes.count { $0 > 65_536 } == 1 && sizes.allSatisfy { $0 < 200_100 })
    }

    @Test("items of different kinds share no page")
    func kinds() throws {
        var writer = PageWriter(task: TestSnapshots.task, id: TestSnapshots.id(1))
        for i in UInt8(0)..<6 {
            [i].withUnsafeBytes {
                writer.append(i % 3 == 0 ? TestSnapshots.others : TestSnapshots.items, $0)
            }
        }
        #expect(writer.byteCount == 6)
        let read = try TestSnapshots.read(writer.finish().pages)
        #expect(read.map(\.kind.rawValue) == [9, 3, 9, 3])
        #expect(read.map(\.index) == [0, 1, 2, 3])
        #expect(try read.map { try TestSnapshots.items(of: [$0]).count } == [1, 2, 1, 2])
    }

    @Test(
        "equal content gives equal bytes, and any other content, identity or order another digest")
    func digest() {
        func digest(_ id: SnapshotID, _ items: [[UInt8]]) -> UInt64 {
            TestSnapshots.snapshot(id, items, span: .all(from: 0)).entry.digest
        }
        let first = digest(TestSnapshots.id(1), [[1], [2]])
        #expect(first == digest(TestSnapshots.id(1), [[1], [2]]))
        #expect(first != digest(TestSnapshots.id(2), [[1], [2]]))
        #expect(first != digest(TestSnapshots.id(1), [[2], [1]]))
        #expect(first != digest(TestSnapshots.id(1), [[1, 2]]))
    }

    @Test("pages out of order, left out or given twice are noticed where an item goes on in them")
    func order() throws {
        var random = TestRandom(seed: 4)
        let items = [Self.item(2_000_000, &random), Self.item(2_000_000, &random)]
        let (pages, _) = TestSnapshots.snapshot(TestSnapshots.id(1), items, span: .all(from: 0))
        let read = try TestSnapshots.read(pages)
        #expect(read.count > 4)
        for i in read.indices {
            var missing = read
            missing.remove(at: i)
            #expect(throws: TestSnapshots.Broken.self) { try TestSnapshots.items(of: missing) }
        }
        #expect(throws: TestSnapshots.Broken.self) { try TestSnapshots.items(of: read + [read[1]]) }
    }
}
