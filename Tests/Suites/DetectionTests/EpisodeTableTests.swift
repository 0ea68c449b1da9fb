import Detection
import Primitives
import Testing

@Suite("Episode table")
struct EpisodeTableTests {
    private static let minute: Int64 = 60_000

    private func time(_ minutes: Int64) -> EventTime { EventTime(ms: minutes * Self.minute) }

    private func lifecycle(
        hold: Int64 = 0, keep: Int64 = 30, update: Int64 = 15, cooldown: Int64 = 60
    ) -> Lifecycle {
        Lifecycle(
            holdMs: hold * Self.minute, keepMs: keep * Self.minute,
            updateEveryMs: update * Self.minute, cooldownMs: cooldown * Self.minute)
    }

    @Test("An episode is created, updated and closed, and its cooldown holds the next one back")
    func episode() {
        var table = EpisodeTable(lifecycles: [lifecycle(hold: 2)])
        var steps: [String] = []
        func status(_ minute: Int64, _ holds: Bool) {
            table.expire(at: time(minute))
            let step = table.observe(rule: 0, entityKey: 7, holds: holds, at: time(minute))
            if let step {
                steps.append(
                    "\(minute) \(step.status) \(step.sequence) \(step.start.ms / Self.minute) "
                        + "\(step.lastHeld.ms / Self.minute)")
            }
        }
        for minute in Int64(1)...20 { status(minute, true) }
        for minute in Int64(21)...60 { status(minute, false) }
        for minute in Int64(61)...115 { status(minute, true) }
        #expect(
            steps == [
                "3 create 0 1 3", "18 update 1 1 18", "50 close 2 1 20", "110 create 0 61 110",
            ])
        #expect(table.counters.suppressed == 1)
        #expect(table.counters.open == 1)
    }

    @Test("A condition that lapses before its time creates nothing and leaves nothing")
    func pending() {
        var table = EpisodeTable(lifecycles: [lifecycle(hold: 5)])
        let first = table.observe(rule: 0, entityKey: 1, holds: true, at: time(1))
        #expect(first == nil)
        #expect(table.counters.pending == 1)
        let second = table.observe(rule: 0, entityKey: 1, holds: false, at: time(2))
        #expect(second == nil)
        #expect(table.count == 0)
        #expect(table.counters.pending == 0)
    }

    @Test("Updates and the close carry the subject; the table forgets it then")
    func subject() {
        var table = EpisodeTable(lifecycles: [lifecycle(keep: 0, update: 0, cooldown: 0)])
        let subject = Subject(kind: "payment", value: [1, 2])
        let create = table.observe(rule: 0, entityKey: 1, holds: true, at: time(1))
        #expect(create?.subject == nil)
        table.setSubject(subject, rule: 0, entityKey: 1)
        let update = table.observe(rule: 0, entityKey: 1, holds: true, at: time(2))
        let close = table.observe(rule: 0, entityKey: 1, holds: false, at: time(3))
        #expect(update?.subject == subject)
        #expect(close?.subject == subject)
        #expect(close?.status == .close)
        #expect(table.count == 0)
    }

    @Test("A full table refuses new entries and counts them")
    func full() {
        var table = EpisodeTable(lifecycles: [lifecycle()], limit: 2)
        for key in UInt64(0)..<5 {
            _ = table.observe(rule: 0, entityKey: key, holds: true, at: time(1))
        }
        #expect(table.count == 2)
        #expect(table.counters.refused == 3)
        #expect(table.counters.open == 2)
        #expect(table.watched == [0, 1].map { WatchedEntity(entityKey: $0, rule: 0) })
    }

    @Test("Random lifecycles agree with a naive model, through snapshots as well")
    func model() throws {
        let seed: UInt64 = 0xB00C
        print("seed \(seed)")
        var random = seed
        func pick(_ bound: UInt64) -> UInt64 {
            random &+= 1
            return mix(random) % bound
        }
        for round in 0..<20 {
            let lifecycles = (0..<3).map { _ in
                lifecycle(
                    hold: Int64(pick(4)), keep: Int64(pick(8)), update: Int64(pick(6)),
                    cooldown: Int64(pick(20)))
            }
            var table = EpisodeTable(lifecycles: lifecycles)
            var model = NaiveEpisodes(lifecycles: lifecycles)
            for minute in Int64(1)...150 {
                let now = time(minute)
                table.expire(at: now)
                #expect(table.watched == model.watched, "round \(round), minute \(minute)")
                var touched = Set(table.watched)
                for _ in 0..<10 {
                    touched.insert(WatchedEntity(entityKey: pick(30), rule: Int(pick(3))))
                }
                for id in touched.sorted() {
                    let holds = pick(3) > 0
                    let step = table.observe(
                        rule: id.rule, entityKey: id.entityKey, holds: holds, at: now)
                    #expect(step == model.observe(id, holds, now), "round \(round), \(minute)")
                }
                #expect(table.counters == model.counters)
                if pick(10) == 0 { table = try reread(table, lifecycles) }
            }
        }
    }

    /// The pieces a snapshot has.
    private func pieces(
        of table: borrowing EpisodeTable, _ rules: [String], size: Int = 1 << 20
    ) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        table.encode(rules: rules, size: size) { pieces.append(Array($0)) }
        return pieces
    }

    /// The table that `pieces` hold.
    private func read(
        _ pieces: [[UInt8]], _ rules: [String], _ lifecycles: [Lifecycle]
    ) throws(EpisodeTableError) -> EpisodeTable {
        var table = EpisodeTable(lifecycles: lifecycles)
        var buffer = ByteBuffer()
        var reader: EpisodeTableReader?
        for piece in pieces {
            buffer.removeAll()
            piece.withUnsafeBytes { buffer.append($0) }
            if reader == nil {
                reader = try EpisodeTableReader(buffer.bytes, rules: rules, into: &table)
            } else {
                try reader?.read(buffer.bytes, into: &table)
            }
        }
        guard reader?.isComplete == true else { throw .corrupted }
        return table
    }

    /// Writes and reads a table in small pieces.
    private func reread(
        _ table: consuming EpisodeTable, _ lifecycles: [Lifecycle]
    ) throws -> EpisodeTable {
        let names = ["a", "b", "c"]
        let small = pieces(of: table, names, size: 100)
        #expect(small.dropFirst().allSatisfy { $0.count < 200 })
        let copy = try read(small, names, lifecycles)
        #expect(pieces(of: copy, names) == pieces(of: table, names))
        #expect(copy.openEntities == table.openEntities)
        return copy
    }

    @Test("A snapshot follows rules to their new places and drops those that are gone")
    func movedRules() throws {
        var table = EpisodeTable(lifecycles: [lifecycle(), lifecycle()])
        for rule in 0..<2 {
            _ = table.observe(rule: rule, entityKey: 5, holds: true, at: time(1))
            table.setSubject(Subject(kind: "ip", value: [9]), rule: rule, entityKey: 5)
        }
        var moved = try read(
            pieces(of: table, ["a", "b"]), ["x", "y", "b"], [lifecycle(), lifecycle(), lifecycle()])
        #expect(moved.watched == [WatchedEntity(entityKey: 5, rule: 2)])
        #expect(moved.counters.open == 1)
        let step = moved.observe(rule: 2, entityKey: 5, holds: true, at: time(20))
        #expect(step?.subject == Subject(kind: "ip", value: [9]))
    }

    @Test("Damaged snapshots are refused, never a crash")
    func damaged() throws {
        var table = EpisodeTable(lifecycles: [lifecycle()])
        for key in UInt64(0)..<20 {
            _ = table.observe(rule: 0, entityKey: key, holds: true, at: time(1))
            table.setSubject(Subject(kind: "ip", value: [1, 2, 3]), rule: 0, entityKey: key)
        }
        let good = pieces(of: table, ["a"])
        #expect(good.count == 2)
        for i in 0..<5000 {
            var damaged = good
            let piece = i % 2
            let at = Int(mix(UInt64(i)) % UInt64(good[piece].count))
            if i % 3 == 0 {
                damaged[piece].removeLast(good[piece].count - at)
            } else {
                damaged[piece][at] ^= UInt8(1 + i % 255)
            }
            do throws(EpisodeTableError) {
                var copy = try read(damaged, ["a"], [lifecycle()])
                for watch in copy.watched {
                    _ = copy.observe(
                        rule: 0, entityKey: watch.entityKey, holds: false, at: time(90))
                }
            } catch {
                #expect(error == .corrupted || error == .unknownVersion(damaged[0].first ?? 0))
            }
        }
    }

    @Test("An episode's id depends on rule, entity and start, and on nothing else")
    func findingID() {
        let id = FindingID(rule: "a.b", entityKind: "ip", entityValue: [1], start: time(1))
        #expect(id == FindingID(rule: "a.b", entityKind: "ip", entityValue: [1], start: time(1)))
        let others = [
            FindingID(rule: "a.c", entityKind: "ip", entityValue: [1], start: time(1)),
            FindingID(rule: "a.b", entityKind: "i", entityValue: [0x70, 1], start: time(1)),
            FindingID(rule: "a.b", entityKind: "ip", entityValue: [2], start: time(1)),
            FindingID(rule: "a.b", entityKind: "ip", entityValue: [1], start: time(2)),
        ]
        #expect(!others.contains(id))
        #expect(id.description == "\(id)" && id.description.count == 32)
        #expect(FindingID(high: 1, low: 2).description == "00000000000000010000000000000002")
    }
}
