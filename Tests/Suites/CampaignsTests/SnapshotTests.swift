import Campaigns
import Detection
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

@Suite("Snapshots of campaigns")
struct CampaignSnapshotTests {
    /// Records of a store, as a topic keeps them.
    private struct Store {
        var assembler: SnapshotAssembler

        mutating func write(_ snapshot: TaskSnapshot) throws {
            for (i, page) in snapshot.pages.pages.enumerated() {
                let key = StateKey(
                    snapshot.pages.task, .page(index: UInt32(i)), of: snapshot.pages.id)
                add(key.bytes, page)
            }
            let record = snapshot.manifest.record
            add(record.key.bytes, record.value)
        }

        private mutating func add(_ key: [UInt8], _ value: [UInt8]) {
            key.withUnsafeBytes { key in
                value.withUnsafeBytes { assembler.add(key: key, value: $0) }
            }
        }

        func newest(_ rules: CampaignRuleSet, _ settings: CampaignSettings) throws -> (
            manifest: Manifest, pages: [Page]
        ) {
            let candidate = try #require(assembler.choose(notAfter: .max).first)
            #expect(candidate.problem == nil)
            let manifest = try #require(candidate.manifest)
            return (manifest, assembler.pages(of: manifest))
        }
    }

    private static func restore(
        _ store: Store, _ rules: CampaignRuleSet, _ settings: CampaignSettings
    ) throws -> CampaignTask {
        let (manifest, pages) = try store.newest(rules, settings)
        var task = CampaignTask(
            restoring: manifest, settings: settings, rules: rules, feeds: World.feeds,
            application: 7)
        for page in pages { try task.load(page) }
        let report = try task.finishRestore()
        #expect(report.isExact)
        task.isMuted = false
        return task
    }

    @Test(
        "A task restored from its snapshots goes on like the one that was lost", arguments: 1...16)
    func restored(seed: UInt64) throws {
        let (rules, settings) = (ManyChanges.rules, ManyChanges.settings)
        var random = TestRandom(seed: seed)
        let world = ManyChanges.world(seed: seed, sources: 2)
        var log = world.log(until: world.time) { Int.random(in: 0..<$0, using: &random) }
        // Verdicts come at any time, also when theirs is past.
        for verdict in CampaignVerdictTests.random(world, &random) {
            log.insert(verdict.block, at: .random(in: 0...log.count, using: &random))
        }
        let whole = try Run(log, rules, settings)

        var output = CampaignOutput()
        var task = Run.task(rules, settings)
        var store = Store(assembler: SnapshotAssembler(task: task.id))
        var sequence: UInt32 = 0
        for (i, block) in log.enumerated() {
            try task.receive(block, at: i)
            task.advance(&output)
            guard Int.random(in: 0..<6, using: &random) == 0 else { continue }
            sequence += 1
            // A small roll, so that windows consist of several snapshots.
            let snapshot = task.snapshot(
                SnapshotID(incarnation: seed, sequence: sequence), position: Int64(i + 1),
                leastRoll: 500)
            try store.write(snapshot)
            if Int.random(in: 0..<2, using: &random) == 0 {
                let digest = task.stateDigest()
                task = try Self.restore(store, rules, settings)
                #expect(task.stateDigest() == digest, "seed \(seed), block \(i)")
            }
        }
        task.advance(&output)
        var run = whole
        run.output = output
        #expect(run.text == whole.text, "seed \(seed)")
        let rows = task.members.map { Run.text($0.row) }
        #expect(rows == whole.members.map { Run.text($0.row) })
    }

    @Test("A task whose snapshots are lost reads its log muted, and comes to the same state")
    func muted() throws {
        var world = FarmTests.farm()
        world.pass(World.hour)
        var muted = Run.task()
        var loud = Run.task()
        var output = CampaignOutput()
        muted.isMuted = true
        for (i, block) in world.log(until: world.time).enumerated() {
            try muted.receive(block, at: i)
            try loud.receive(block, at: i)
            muted.advance(&output)
            loud.advance(&output)
        }
        #expect(loud.openCampaigns == 1)
        #expect(muted.stateDigest() == loud.stateDigest())
    }

    @Test("A small task without changes can write a snapshot that need not roll anything")
    func unchanged() throws {
        var world = World(population: 1_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<3))
        world.pass(World.hour)
        let log = world.log(until: world.time)
        var task = Run.task()
        var store = Store(assembler: SnapshotAssembler(task: task.id))
        var output = CampaignOutput()
        for (i, block) in log.enumerated() {
            try task.receive(block, at: i)
            task.advance(&output)
        }
        for sequence in 1...20 as ClosedRange<UInt32> {
            let id = SnapshotID(incarnation: 1, sequence: sequence)
            try store.write(task.snapshot(id, position: Int64(log.count), leastRoll: 0))
        }
        let restored = try Self.restore(store, Run.pair, CampaignSettings())
        #expect(restored.stateDigest() == task.stateDigest())
    }

    @Test("A snapshot has what changed and a part of the rest, not everything")
    func incremental() throws {
        var world = World(population: 100_000)
        for farm in 0..<100 {
            world.lead(
                "farm.frame", "prompt_template", "t\(farm)", of: names("a\(farm).", 0..<100))
        }
        world.pass(World.hour)
        world.edges("prompt_template", "t1", ["late"])
        world.pass(World.hour)
        let log = world.log(until: world.time)
        var task = Run.task()
        var output = CampaignOutput()
        var sizes: [Int] = []
        for (i, block) in log.enumerated() {
            try task.receive(block, at: i)
            task.advance(&output)
            let snapshot = task.snapshot(
                SnapshotID(incarnation: 1, sequence: UInt32(i + 1)), position: Int64(i + 1),
                leastRoll: 1000)
            sizes.append(snapshot.pages.pages.reduce(0) { $0 + $1.count })
        }
        #expect(sizes[0] > 300_000)
        #expect(sizes[1...].allSatisfy { $0 < 60_000 }, "\(sizes)")
    }

    @Test("Damaged items are refused or read as others, and none crashes")
    func hostile() throws {
        let (rules, settings) = (ManyChanges.rules, ManyChanges.settings)
        let world = ManyChanges.world(seed: 5, sources: 1)
        var task = Run.task(rules, settings)
        var output = CampaignOutput()
        for (i, block) in world.log(until: world.time).dropLast().enumerated() {
            try task.receive(block, at: i)
            task.advance(&output)
        }
        let id = SnapshotID(incarnation: 1, sequence: 1)
        let items = try Self.items(of: task.snapshot(id, position: 1))
        #expect(items.count > 50)
        var random = TestRandom(seed: 9)
        var refused = 0
        for _ in 0..<400 {
            var damaged = items
            let i = Int.random(in: 0..<items.count, using: &random)
            guard !items[i].bytes.isEmpty else { continue }
            let at = Int.random(in: 0..<items[i].bytes.count, using: &random)
            damaged[i].bytes[at] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
            if Bool.random(using: &random) { damaged[i].bytes.removeLast() }
            do {
                try Self.load(damaged, task.id, id, rules, settings)
            } catch is RestoreError {
                refused += 1
            }
        }
        #expect(refused > 200)
    }

    private static func items(
        of snapshot: TaskSnapshot
    ) throws -> [(kind: PageKind, bytes: [UInt8])] {
        var items: [(kind: PageKind, bytes: [UInt8])] = []
        var reader = ItemReader()
        for (i, bytes) in snapshot.pages.pages.enumerated() {
            let key = StateKey(
                snapshot.pages.task, .page(index: UInt32(i)), of: snapshot.pages.id)
            let page = try Page(bytes, key: key)
            try reader.read(page, corrupted: RestoreError.corrupted) {
                (item) throws(RestoreError) in
                items.append((page.kind, Array(item)))
            }
        }
        return items
    }

    private static func load(
        _ items: [(kind: PageKind, bytes: [UInt8])], _ task: TaskID, _ id: SnapshotID,
        _ rules: CampaignRuleSet, _ settings: CampaignSettings
    ) throws {
        var writer = PageWriter(task: task, id: id)
        for item in items { item.bytes.withUnsafeBytes { writer.append(item.kind, $0) } }
        let (pages, digest) = writer.finish()
        var window = SnapshotWindow()
        window.push(
            SnapshotWindow.Entry(
                id: id, pages: UInt32(pages.pages.count), digest: digest, span: .all(from: 0)))
        var restored = CampaignTask(
            restoring: Manifest(task: task, id: id, position: 1, replayFrom: 1, window: window),
            settings: settings, rules: rules, feeds: World.feeds, application: 7)
        for (i, bytes) in pages.pages.enumerated() {
            try restored.load(try Page(bytes, key: StateKey(task, .page(index: UInt32(i)), of: id)))
        }
        _ = try restored.finishRestore()
        // What was accepted can go on.
        var output = CampaignOutput()
        restored.advance(&output)
    }
}
