@_spi(Simulation) import Delivery
import Snapshots
import Testing

/// What befalls a record of the store.
enum Damage: String, CaseIterable, Sendable {
    case missingPage, tornPage, flippedPage, newerPage, olderPage, otherPage
    case tornManifest, flippedManifest, newerManifest

    var isOfManifest: Bool { rawValue.hasSuffix("Manifest") }

    /// What is said of it.
    var reason: String {
        switch self {
        case .missingPage: "missing"
        case .tornPage, .tornManifest: "cut off after"
        case .flippedPage, .flippedManifest: "its checksum or its structure is wrong"
        case .newerPage, .newerManifest: "of a newer release"
        case .olderPage: "of an older release"
        case .otherPage: "another record's bytes"
        }
    }

    func apply(to bytes: [UInt8], other: [UInt8]) -> [UInt8]? {
        var damaged = bytes
        switch self {
        case .missingPage: return nil
        case .tornPage, .tornManifest: damaged.removeLast(7)
        case .flippedPage, .flippedManifest: damaged[damaged.count - 9] ^= 8
        case .newerPage, .newerManifest: (damaged[4], damaged[6]) = (3, ~3)
        case .olderPage: (damaged[4], damaged[6]) = (1, ~1)
        case .otherPage: return other
        }
        return damaged
    }
}

extension Site {
    /// A site where a shard has read 60 s, taken snapshots, and stopped; its digest.
    static func withSnapshots(_ count: Int = 2) throws -> (site: Site, digest: UInt64) {
        var settings = try TestEngine.settings()
        settings.snapshotIntervalMs = 5_000
        let bench = try ShardBench(settings)
        try bench.take([ShardBench.input, ShardBench.partials])
        for round in 0..<Int64(count + 1) {
            if round == Int64(count) { break }
            bench.site.feed(from: round * 10_000, to: (round + 1) * 10_000)
            try bench.run(ms: 5_100)
        }
        bench.site.feed(from: Int64(count) * 10_000, to: 60_000)
        try bench.run(ms: 1_500)
        let digest = try #require(bench.digest)
        try #require(bench.site.manifests.count == min(count, 2))
        return (bench.site, digest)
    }

    /// Damages a snapshot: its manifest or its first page.
    func damage(_ manifest: Manifest, _ damage: Damage) throws {
        let page = StateKey(manifest.task, .page(index: 0), of: manifest.id)
        let key = damage.isOfManifest ? manifest.key : page
        let place = try #require(store.firstIndex { $0.key == key })
        let other = store.first { $0.key.kind != .manifest && $0.key != key }?.value
        guard let bytes = store[place].value else { return }
        store[place].value = damage.apply(to: bytes, other: other ?? [])
        if store[place].value == nil { store.remove(at: place) }
    }
}

extension ShardBench {
    var unusable: [String] {
        told { if case .snapshotUnusable(_, _, let reason) = $0 { reason } else { nil } }
    }
    var restored: [RestoreSummary] {
        told { if case .restored(_, let summary) = $0 { summary } else { nil } }
    }
    /// Rebuildings: from where, and whether something is lost.
    var rebuilt: [String] {
        told {
            if case .rebuilding(_, let from, let isLost) = $0 { "\(from) \(isLost)" } else { nil }
        }
    }
    var restoreFailures: Int {
        told { if case .restoreFailed = $0 { true } else { nil } }.count
    }

    /// A shard that takes a site's shuffle partition on and restores it.
    static func restoring(
        _ site: Site, ms: Int64 = 2_000, _ change: (inout EngineSettings) throws -> Void = { _ in }
    ) throws -> ShardBench {
        var settings = try TestEngine.settings()
        settings.incarnation = 2
        try change(&settings)
        let bench = try ShardBench(settings, site: site)
        try bench.take([partials])
        try bench.run(ms: ms)
        return bench
    }
}

@Suite("Restoring a task")
struct RestoreTests {
    @Test("with nothing kept and nothing committed the task is live at once, and says nothing loud")
    func nothing() throws {
        let bench = try ShardBench.restoring(Site(), ms: 200)
        #expect(bench.digest != nil)
        #expect(bench.rebuilt.isEmpty && bench.unusable.isEmpty)
        #expect(bench.restored.map(\.replayed) == [0])
    }

    @Test("the newest manifest is loaded and the rest replayed: the state is the same, and muted")
    func newest() throws {
        let (site, digest) = try Site.withSnapshots()
        let alerts = site.alerts.count
        let newest = try #require(site.manifests.first)
        let bench = try ShardBench.restoring(site)
        let summary = try #require(bench.restored.first)
        #expect(summary.snapshot == newest.id && summary.entities > 0)
        #expect(bench.history.openedAt == [newest.replayFrom])
        let blocks = site.logs[ShardBench.partials]?.filter { $0.offset >= newest.replayFrom }
        #expect(summary.replayed == blocks?.count)
        #expect(bench.digest == digest)
        #expect(bench.rebuilt.isEmpty && bench.unusable.isEmpty)
        #expect(site.alerts.count == alerts, "what is replayed was put out before")
        #expect(bench.history.openCount == 0 && bench.state.openCount == 0)
        let began = bench.told { notice -> Int64? in
            if case .restoreBegan(_, let committed) = notice { committed } else { nil }
        }
        #expect(began == [site.committed[ShardBench.partials]?.offset])
    }

    @Test("without a snapshot the state is rebuilt from the first block, loudly, to the same")
    func rebuild() throws {
        let (site, digest) = try Site.withSnapshots(0)
        let alerts = site.alerts.count
        let bench = try ShardBench.restoring(site)
        #expect(bench.rebuilt == ["0 false"])
        #expect(bench.restored.map(\.snapshot) == [nil])
        #expect(bench.digest == digest)
        #expect(site.alerts.count == alerts)
    }

    @Test(
        "a snapshot that is damaged or of another release is told, and the older one serves",
        arguments: Damage.allCases)
    func older(damage: Damage) throws {
        let (site, digest) = try Site.withSnapshots()
        let manifests = site.manifests
        try site.damage(manifests[0], damage)
        let bench = try ShardBench.restoring(site)
        #expect(bench.unusable.count == 1)
        #expect(bench.unusable.first?.contains(damage.reason) == true, "\(bench.unusable)")
        #expect(bench.restored.map(\.snapshot) == [manifests[1].id])
        #expect(bench.digest == digest)
    }

    @Test("with every snapshot unusable the state is rebuilt, and each is told", arguments: [0, 1])
    func allDamaged(low: Int64) throws {
        let (site, digest) = try Site.withSnapshots()
        for manifest in site.manifests { try site.damage(manifest, .tornPage) }
        if low > 0 { site.remove(ShardBench.partials, below: low) }
        let bench = try ShardBench.restoring(site)
        #expect(bench.unusable.count == 2)
        #expect(bench.rebuilt == ["\(low) \(low > 0)"])
        #expect(bench.digest != nil)
        if low == 0 { #expect(bench.digest == digest) }
    }

    @Test("a manifest past the committed offset is not taken: what led there was not committed")
    func ahead() throws {
        let (site, _) = try Site.withSnapshots()
        let manifests = site.manifests
        site.committed[ShardBench.partials]?.offset = manifests[0].position - 1
        let bench = try ShardBench.restoring(site)
        #expect(bench.unusable.first?.contains("past the committed one") == true)
        #expect(bench.restored.map(\.snapshot) == [manifests[1].id])
        #expect(
            !bench.state.calls.contains("remove"), "another owner may have committed it just now")
    }

    @Test("in a directory a manifest past the committed offset is removed before that can pass it")
    func aheadInDirectory() throws {
        let (site, _) = try Site.withSnapshots()
        let manifests = site.manifests
        let committed = manifests[0].position - 1
        site.committed[ShardBench.partials]?.offset = committed
        let bench = try ShardBench.restoring(site) { $0.outputs.state = 0 }
        #expect(bench.restored.map(\.snapshot) == [manifests[1].id])
        #expect(bench.state.removed == [manifests[0].key])
        // Once the offset has passed it, whoever comes next would have taken it.
        site.committed[ShardBench.partials]?.offset = manifests[0].position
        let next = try ShardBench.restoring(site) { $0.outputs.state = 0 }
        #expect(next.unusable.isEmpty && next.restored.map(\.snapshot) == [manifests[1].id])
    }

    @Test(
        "a manifest whose blocks are gone is passed over, unless loss is accepted",
        arguments: DataLossPolicy.allCases)
    func gone(policy: DataLossPolicy) throws {
        let (site, _) = try Site.withSnapshots()
        let newest = site.manifests[0]
        site.remove(ShardBench.partials, below: newest.replayFrom + 1)
        let bench = try ShardBench.restoring(site) { $0.dataLoss = policy }
        if policy == .accept {
            #expect(bench.unusable.isEmpty)
            #expect(bench.restored.map(\.snapshot) == [newest.id])
        } else {
            #expect(bench.unusable.count == 2)
            let text = "needs records from \(newest.replayFrom) on"
            #expect(bench.unusable.first?.contains(text) == true)
            #expect(bench.rebuilt == ["\(newest.replayFrom + 1) true"])
        }
    }

    @Test("a restore is done by its position, with no record at its last offsets")
    func gap() throws {
        let (site, digest) = try Site.withSnapshots()
        site.appendGap(to: ShardBench.partials, 3)
        site.committed[ShardBench.partials]?.offset = site.bounds(of: ShardBench.partials).high
        let bench = try ShardBench.restoring(site)
        #expect(bench.digest == digest)
    }

    @Test("a live task reads on from the committed offset, and from nowhere else")
    func goesOn() throws {
        let (site, _) = try Site.withSnapshots()
        let committed = try #require(site.committed[ShardBench.partials]?.offset)
        let bench = try ShardBench.restoring(site)
        #expect(bench.partials.attachedAt.map(\.offset) == [committed])
    }

    @Test(
        "under other rules a snapshot that names them comes before the first block is read",
        arguments: [true, false])
    func otherRules(inTopic: Bool) throws {
        let (site, _) = try Site.withSnapshots()
        let alerts = site.alerts.count
        site.feed(from: 60_000, to: 63_000)
        let committed = try #require(site.committed[ShardBench.partials]?.offset)
        let rules = try TestEngine.settings(rule: ["suppress: { update_every: 2s }"]).pipeline.rules
        let bench = try ShardBench.restoring(site, ms: 0) {
            $0.pipeline.rules = rules
            if !inTopic { $0.outputs.state = 0 }
        }
        bench.state.failures = [.of(.retry), .of(.retry)]
        try bench.run(ms: 1_500)
        #expect(bench.state.calls.count { $0.hasPrefix("write") } == 2, "again after a second")
        #expect(bench.partials.attachedAt.isEmpty && site.alerts.count == alerts)
        try bench.run(ms: 2_000)
        let newest = try #require(site.manifests.first)
        #expect(newest.id.incarnation == 2 && newest.position == committed)
        #expect(bench.partials.attachedAt.map(\.offset) == [committed])
        // From there on the rules are no others.
        let next = try ShardBench.restoring(site) {
            $0.pipeline.rules = rules
            $0.incarnation = 3
            if !inTopic { $0.outputs.state = 0 }
        }
        #expect(next.restored.map(\.snapshot) == [newest.id])
        #expect(next.state.calls.isEmpty && next.partials.attachedAt.count == 1)
    }

    @Test("a task that waits for the snapshot of its rules is given up like one that is restored")
    func otherRulesGivenUp() throws {
        let (site, _) = try Site.withSnapshots()
        let bench = try ShardBench.restoring(site, ms: 0) {
            $0.pipeline.rules = try TestEngine.settings(rule: ["suppress: { update_every: 2s }"])
                .pipeline.rules
        }
        bench.state.isSilent = true
        try bench.run(ms: 1_000)
        #expect(bench.partials.attachedAt.isEmpty)
        try bench.release([ShardBench.partials], under: FakeMembership())
        try bench.run(ms: 100)
        #expect(bench.events == ["released [partials[0]]"])
        bench.state.isSilent = false
        try bench.take([ShardBench.partials], "m2")
        try bench.run(ms: 2_000)
        #expect(bench.restored.count == 2, "it was not suspended")
        #expect(bench.partials.attachedAt.count == 1)
    }

    @Test("a store that cannot be read is opened again after a second, as often as it takes")
    func storeFails() throws {
        let (site, digest) = try Site.withSnapshots()
        let bench = try ShardBench.restoring(site, ms: 0)
        bench.state.readFailures = [.of(.unreachable), .of(.retry)]
        try bench.run(ms: 1_900)
        #expect(bench.restoreFailures == 2 && bench.digest == nil)
        try bench.run(ms: 1_500)
        #expect(bench.digest == digest)
        #expect(bench.state.openCount == 0)
    }

    @Test("a partition that cannot be read again is opened again where the replay stands")
    func historyFails() throws {
        let (site, digest) = try Site.withSnapshots()
        let bench = try ShardBench.restoring(site, ms: 0)
        bench.history.failures = [.of(.unreachable)]
        try bench.run(ms: 900)
        #expect(bench.restoreFailures == 1 && bench.digest == nil)
        try bench.run(ms: 1_500)
        #expect(bench.digest == digest)
        #expect(bench.history.openedAt.count == 2 && bench.history.openCount == 0)
    }

    @Test(
        "retention that overtakes a replay makes it begin again, from what is kept",
        arguments: [false, true])
    func overtaken(opensLate: Bool) throws {
        let (site, _) = try Site.withSnapshots()
        let newest = site.manifests[0]
        let bench = try ShardBench.restoring(site, ms: 0)
        bench.history.opensLate = opensLate
        var isFirst = true
        bench.history.onOpen = {
            if isFirst { site.remove(ShardBench.partials, below: newest.replayFrom + 2) }
            isFirst = false
        }
        try bench.run(ms: 2_000)
        #expect(bench.rebuilt == ["\(newest.replayFrom + 2) true"])
        #expect(bench.unusable.count == 2)
        #expect(bench.digest != nil)
    }

    @Test(
        "snapshots without a committed offset are of a topic or a time before: the instance ends, or loss is accepted"
    )
    func forgotten() throws {
        let (site, _) = try Site.withSnapshots()
        site.committed[ShardBench.partials] = nil
        let failure = #expect(throws: EngineFailure.self) { _ = try ShardBench.restoring(site) }
        guard case .dataLoss(let text)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        for part in ["shuffle[0]", "offsets.retention.minutes", "reset", "data_loss: accept"] {
            #expect(text.contains(part), "\(part)")
        }
        let bench = try ShardBench.restoring(site) { $0.dataLoss = .accept }
        #expect(bench.digest != nil && bench.unusable.count == 2)
        #expect(site.manifests.isEmpty, "they are of a time that does not come back")
    }

    @Test("partitions that are lost end a restore", arguments: [true, false])
    func cancelled(whileReading: Bool) throws {
        let (site, _) = try Site.withSnapshots()
        let bench = try ShardBench.restoring(site, ms: 0)
        bench.state.isReadSilent = whileReading
        bench.history.isSilent = true
        try bench.run(ms: 500)
        #expect(bench.state.openCount + bench.history.openCount == 1)
        try bench.release([ShardBench.partials], under: nil)
        #expect(bench.state.openCount + bench.history.openCount == 0)
        bench.state.isReadSilent = false
        bench.history.isSilent = false
        try bench.run(ms: 500)
        #expect(bench.restored.isEmpty && bench.digest == nil)
    }

    @Test("what a restore took the place of is removed behind the next manifest")
    func clearsAway() throws {
        let (site, _) = try Site.withSnapshots()
        let manifests = site.manifests
        try site.damage(manifests[0], .flippedPage)
        let bench = try ShardBench.restoring(site) { $0.snapshotIntervalMs = 5_000 }
        site.feed(from: 60_000, to: 70_000)
        try bench.take([ShardBench.input])
        try bench.run(ms: 6_000)
        #expect(site.manifests.first?.id.incarnation == 2)
        try #require(site.manifests.count == 2)
        #expect(!site.keys.contains { $0.id == manifests[0].id }, "the damaged one is gone")
        #expect(site.manifests[0].id.sequence > manifests[0].id.sequence)
    }

    @Test("progress is told every five seconds, with what is done, the rate and the time left")
    func progress() throws {
        let (site, _) = try Site.withSnapshots()
        let bench = try ShardBench.restoring(site, ms: 0)
        bench.history.isSilent = true
        try bench.run(ms: 16_000)
        let told = bench.told { notice -> RestoreProgress? in
            if case .restoreProgress(let progress) = notice { progress } else { nil }
        }
        #expect(told.count == 3)
        #expect(told.allSatisfy { $0.step == .replaying && $0.done == 0 && $0.rate == 0 })
        #expect(told.allSatisfy { $0.remainingMs == nil })
        let committed = try #require(site.committed[ShardBench.partials]?.offset)
        #expect(
            told.map(\.total)
                == Array(repeating: committed - site.manifests[0].replayFrom, count: 3))
        let times = told.map(\.elapsedMs)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 5_000 })
    }
}
