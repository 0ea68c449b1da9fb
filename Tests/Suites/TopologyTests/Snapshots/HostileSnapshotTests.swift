import Detection
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

@Suite("Hostile snapshots")
struct HostileSnapshotTests {
    /// A task with findings, waiting panes, repeated and late blocks, and two snapshots of it.
    private struct Saved {
        let log: PartitionLog
        let rules: RuleSet
        let runner: TaskRunner
        var items: [(id: SnapshotID, kind: PageKind, bytes: [UInt8])] = []
        let manifest: Manifest
        let half: Int

        init() throws {
            rules = try TestRules.set([
                TestRules.text(
                    "accounts.all", entity: "account", when: "requests(1m) >= 3",
                    ["evidence: [requests(1m), distinct(ip, 5m)]", "for: 20s"]),
                TestRules.text(
                    "prints.all", when: "requests(1m) >= 2 && evenness(5m) > 0",
                    ["kinds: [payment, ip]", "evidence: [top(account, 3), hours_active(1d)]"]),
            ])
            let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
            let sources = (0..<3).map { source in
                (0..<200).map { i in
                    TestEvent(
                        1_780_000_000_000 + Int64(i) * 1500, account: "a\((i * 7 + source) % 31)",
                        ["payment": "p\(i % 11)", "ip": "10.0.0.\(i % 17)"])
                }
            }
            log = try PartitionLog(
                plan, sources: sources, partition: 0, maxBatch: 5,
                .init(repeats: 20, hasLateSource: true), seed: 9)
            runner = TaskRunner(log, rules, .init(sampleSize: 16))
            half = log.records.count * 9 / 10
            var pages: [Page] = []
            var last: Manifest?
            for i in 0..<half {
                _ = runner.receive(i)
                guard i == half - 2 || i == half - 1,
                    let taken = runner.snapshot(1, at: i + 1, leastRoll: 0)
                else { continue }
                last = taken.manifest
                for (p, bytes) in taken.pages.pages.enumerated() {
                    let key = StateKey(
                        taken.pages.task, .page(index: UInt32(p)), of: taken.pages.id)
                    pages.append(try Page(bytes, key: key))
                }
            }
            manifest = try #require(last)
            for page in pages {
                var reader = ItemReader()
                try reader.read(page, corrupted: RestoreError.corrupted) {
                    (item) throws(RestoreError) in
                    items.append((page.id, page.kind, Array(item)))
                }
            }
        }

        /// Loads items as if they had been written; nothing may trap.
        func survive(_ items: [(id: SnapshotID, kind: PageKind, bytes: [UInt8])]) -> Bool {
            var window = SnapshotWindow()
            var pages: [SnapshotID: [Page]] = [:]
            for entry in manifest.window.entries.reversed() {
                var writer = PageWriter(task: manifest.task, id: entry.id)
                for item in items where item.id == entry.id {
                    item.bytes.withUnsafeBytes { writer.append(item.kind, $0) }
                }
                let (written, digest) = writer.finish()
                pages[entry.id] = written.pages.enumerated().compactMap { p, bytes in
                    try? Page(
                        bytes, key: StateKey(manifest.task, .page(index: UInt32(p)), of: entry.id))
                }
                window.push(
                    .init(
                        id: entry.id, pages: UInt32(written.pages.count), digest: digest,
                        span: entry.span))
            }
            let changed = Manifest(
                task: manifest.task, id: manifest.id, position: manifest.position,
                replayFrom: manifest.replayFrom, window: window)
            let other = TaskRunner(log, rules, .init(sampleSize: 16))
            do {
                _ = try other.load(changed, window.entries.flatMap { pages[$0.id] ?? [] })
                try other.refill(changed)
            } catch {
                return false
            }
            for i in half..<min(half + 4, log.records.count) { _ = other.receive(i) }
            return true
        }
    }

    @Test("the pages as they were written are taken")
    func whole() throws {
        let saved = try Saved()
        let open = saved.runner.task.numbers.openFindings
        #expect(saved.manifest.window.entries.count == 2 && saved.items.count > 80 && open > 5)
        #expect(saved.survive(saved.items))
    }

    @Test("damaged content under right checksums is refused or survived, never a trap or a hang")
    func damage() throws {
        let saved = try Saved()
        var random = TestRandom(seed: 91)
        var taken = 0
        for round in 0..<(isFullRun ? 100_000 : 4000) {
            var items = saved.items
            let place = Int.random(in: 0..<items.count, using: &random)
            // The header and the book are few among the entities.
            let chosen = round % 2 == 0 ? place : place % 3
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                items[chosen].bytes.removeLast(
                    .random(in: 0...items[chosen].bytes.count, using: &random))
            case 1: items[chosen].bytes.append(.random(in: 0...255, using: &random))
            case 2: items[chosen].kind = PageKind(rawValue: .random(in: 0...5, using: &random))
            default:
                for _ in 0..<Int.random(in: 1...3, using: &random)
                where !items[chosen].bytes.isEmpty {
                    let at = Int.random(in: 0..<items[chosen].bytes.count, using: &random)
                    items[chosen].bytes[at] =
                        Bool.random(using: &random) ? 0xFF : .random(in: 0...255, using: &random)
                }
            }
            if saved.survive(items) { taken += 1 }
        }
        #expect(taken > 100 && taken < 3500 || isFullRun)
    }

    @Test("items left out, given twice or in another order are refused or survived")
    func order() throws {
        let saved = try Saved()
        var random = TestRandom(seed: 92)
        for round in 0..<300 {
            var items = saved.items
            switch round % 3 {
            case 0: items.remove(at: .random(in: 0..<items.count, using: &random))
            case 1:
                let item = items[.random(in: 0..<items.count, using: &random)]
                items.insert(item, at: .random(in: 0...items.count, using: &random))
            default: items.shuffle(using: &random)
            }
            _ = saved.survive(items)
        }
    }

    @Test("pages of another snapshot, out of order or left out end the restore")
    func pages() throws {
        let saved = try Saved()
        var store = StateLog()
        let taken = try #require(
            saved.runner.snapshot(1, at: saved.half, isFull: true, leastRoll: 0))
        store.write(taken.pages)
        let pages = store.assembler(taken.manifest.task).pages(of: taken.manifest)
        let other = TaskRunner(saved.log, saved.rules, .init(sampleSize: 16))
        for i in pages.indices {
            var wrong = pages
            wrong.remove(at: i)
            #expect(throws: RestoreError.corrupted) { _ = try other.load(taken.manifest, wrong) }
        }
        #expect(throws: RestoreError.corrupted) {
            _ = try other.load(taken.manifest, pages.reversed())
        }
        #expect(throws: RestoreError.corrupted) {
            _ = try other.load(taken.manifest, pages + [pages[0]])
        }
        #expect(try other.load(taken.manifest, pages).isExact)
    }
}
