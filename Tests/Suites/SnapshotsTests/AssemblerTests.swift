import Primitives
import Snapshots
import TestSupport
import Testing

@Suite("Putting snapshots together")
struct AssemblerTests {
    /// A store with `count` snapshots, every third of them full, at positions 100, 200, ...
    private struct Store {
        var assembler = SnapshotAssembler(task: TestSnapshots.task)
        var manifests: [Manifest] = []
        var pages: [SnapshotPages] = []

        init(_ count: UInt32) {
            var window = SnapshotWindow()
            for sequence in 1...count {
                let span =
                    sequence % 3 == 1
                    ? KeySpan.all(from: window.cursor)
                    : KeySpan(start: window.cursor, end: window.cursor &+ 5)
                let items = (0..<3).map { [UInt8](repeating: UInt8(sequence), count: 40_000 + $0) }
                let (pages, entry) = TestSnapshots.snapshot(
                    TestSnapshots.id(sequence), items, span: span)
                window.push(entry)
                manifests.append(
                    Manifest(
                        task: TestSnapshots.task, id: entry.id, position: Int64(sequence) * 100,
                        replayFrom: Int64(sequence) * 90, window: window))
                self.pages.append(pages)
                assembler.add(pages)
                assembler.add(manifests[manifests.count - 1])
            }
        }

        func key(_ snapshot: Int, page: UInt32) -> StateKey {
            StateKey(TestSnapshots.task, .page(index: page), of: pages[snapshot].id)
        }

        func choose(_ offset: Int64 = 10_000) -> [(UInt32, SnapshotCandidate.Problem?)] {
            assembler.choose(notAfter: offset).map { ($0.id.sequence, $0.problem) }
        }
    }

    @Test("the newest whole snapshot that is not past the committed offset comes first")
    func newest() {
        let store = Store(5)
        #expect(
            store.choose().map(\.0) == [5, 4, 3, 2, 1] && store.choose().allSatisfy { $0.1 == nil })
        let behind = store.choose(350)
        #expect(behind.first { $0.1 == nil }?.0 == 3)
        #expect(behind[0].1 == .ahead(position: 500) && behind[1].1 == .ahead(position: 400))
        #expect(store.choose(300).first { $0.1 == nil }?.0 == 3)
        #expect(store.choose(0).allSatisfy { $0.1 != nil })
    }

    @Test("the pages of a window come newest snapshot first, in order")
    func order() throws {
        let store = Store(6)
        let pages = store.assembler.pages(of: store.manifests[5])
        #expect(pages.map(\.id.sequence) == [6, 6, 6, 5, 5, 5, 4, 4, 4])
        #expect(pages.map(\.index) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        #expect(try TestSnapshots.items(of: Array(pages[0..<3])).map { $0[0] } == [6, 6, 6])
    }

    @Test("missing pages are counted, and older snapshots serve")
    func missing() {
        var store = Store(5)
        store.assembler.add(store.key(3, page: 1), nil)
        store.assembler.add(store.key(4, page: 2), nil)
        #expect(store.choose()[0].1 == .missingPages(2, of: 6))
        #expect(store.choose()[1].1 == .missingPages(1, of: 3))
        #expect(store.choose()[2].1 == nil)
    }

    @Test("damaged, torn, older and newer pages are told apart, and older snapshots serve")
    func badPages() {
        let whole = Store(5)
        let page = whole.pages[4].pages[1]
        var broken = page
        broken[500] ^= 1
        var newer = page
        (newer[4], newer[6]) = (3, 0xFC)
        var older = page
        (older[4], older[6]) = (1, 0xFE)
        let cases: [([UInt8], SnapshotError)] = [
            (broken, .corrupted), (Array(page[..<700]), .torn(bytes: 700, expected: page.count)),
            (newer, .newerFormat(3)), (older, .olderFormat(1)),
            (whole.pages[4].pages[0], .misplaced),
        ]
        for (bytes, error) in cases {
            var store = whole
            store.assembler.add(store.key(4, page: 1), bytes)
            let chosen = store.choose()
            #expect(
                chosen[0].1 == .badPage(error, index: 1, of: TestSnapshots.id(5), count: 1))
            #expect(chosen[1].1 == nil)
        }
    }

    @Test("manifests that cannot be read come first, since they may have been the newest")
    func badManifests() {
        var store = Store(4)
        var record = store.manifests[1].record
        record.value[60] ^= 1
        store.assembler.add(record.key, record.value)
        var newer = store.manifests[3].record
        (newer.value[4], newer.value[6]) = (9, 0xF6)
        store.assembler.add(newer.key, newer.value)
        let chosen = store.choose()
        #expect(chosen.map(\.0) == [4, 2, 3, 1])
        #expect(chosen[0].1 == .unreadable(.newerFormat(9)))
        #expect(chosen[1].1 == .unreadable(.corrupted))
        #expect(chosen[2].1 == nil)
    }

    @Test("whole pages of another write under the same keys are noticed")
    func otherPages() {
        var store = Store(5)
        let other = TestSnapshots.snapshot(
            TestSnapshots.id(5),
            [[1], [2]] + (0..<2).map { [UInt8](repeating: 9, count: 50_000 + $0) },
            span: .all(from: 0))
        for (i, page) in other.pages.pages.enumerated() {
            store.assembler.add(store.key(4, page: UInt32(i)), page)
        }
        for i in other.pages.pages.count..<3 {
            store.assembler.add(store.key(4, page: UInt32(i)), store.pages[4].pages[i])
        }
        #expect(store.choose()[0].1 == .otherPages(of: TestSnapshots.id(5)))
    }

    @Test(
        "removed pages and manifests are forgotten, so that memory holds what is there and no more")
    func bounded() {
        var store = Store(9)
        let all = store.assembler.byteCount
        #expect(all > 9 * 120_000)
        for s in 0..<6 {
            for p in UInt32(0)..<3 { store.assembler.add(store.key(s, page: p), nil) }
            store.assembler.add(store.manifests[s].key, nil)
        }
        #expect(store.assembler.byteCount == all / 3)
        #expect(store.choose().map(\.0) == [9, 8, 7])
        #expect(
            store.assembler.orphans(keeping: Array(store.manifests[7...])) == [
                store.manifests[6].key
            ])
        #expect(store.assembler.highestSequence == 9)
    }

    @Test("other tasks' records are passed over")
    func otherTasks() {
        var store = Store(3)
        let bytes = store.assembler.byteCount
        for task in [
            TaskID(application: 1, stage: .entity, partition: 3),
            TaskID(application: 7, stage: .entity, partition: 2),
        ] {
            let (pages, _) = TestSnapshots.snapshot(
                TestSnapshots.id(9), [[1]], span: .all(from: 0), task: task)
            store.assembler.add(pages)
        }
        #expect(store.assembler.byteCount == bytes && store.assembler.highestSequence == 3)
    }

    @Test("orphans are the pages and manifests that the kept manifests do not name")
    func orphans() {
        var store = Store(6)
        let (loose, _) = TestSnapshots.snapshot(
            TestSnapshots.id(7, incarnation: 5), [[1]], span: .all(from: 0))
        store.assembler.add(loose)
        let orphans = store.assembler.orphans(keeping: Array(store.manifests[4...]))
        let manifests = (0..<4).map { store.manifests[$0].key }
        let pages = (0..<3).flatMap { s in (0..<3).map { store.key(s, page: UInt32($0)) } }
        #expect(
            Set(orphans)
                == Set(manifests + pages + [StateKey(loose.task, .page(index: 0), of: loose.id)]))
        #expect(orphans.count == Set(orphans).count)
    }
}
