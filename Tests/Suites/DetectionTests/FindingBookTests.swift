import Detection
import Primitives
import Testing

@Suite("Finding book")
struct FindingBookTests {
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
        var book = FindingBook(lifecycles: [lifecycle(hold: 2)])
        var steps: [String] = []
        func status(_ minute: Int64, _ holds: Bool) {
            book.expire(at: time(minute))
            let step = book.observe(rule: 0, entityKey: 7, holds: holds, at: time(minute))
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
        #expect(book.counters.suppressed == 1)
        #expect(book.counters.open == 1)
    }

    @Test("A condition that lapses before its time creates nothing and leaves nothing")
    func pending() {
        var book = FindingBook(lifecycles: [lifecycle(hold: 5)])
        let first = book.observe(rule: 0, entityKey: 1, holds: true, at: time(1))
        #expect(first == nil)
        #expect(book.counters.pending == 1)
        let second = book.observe(rule: 0, entityKey: 1, holds: false, at: time(2))
        #expect(second == nil)
        #expect(book.count == 0)
        #expect(book.counters.pending == 0)
    }

    @Test("Updates and the close carry the subject; the book forgets it then")
    func subject() {
        var book = FindingBook(lifecycles: [lifecycle(keep: 0, update: 0, cooldown: 0)])
        let subject = Subject(kind: "payment", value: [1, 2])
        let create = book.observe(rule: 0, entityKey: 1, holds: true, at: time(1))
        #expect(create?.subject == nil)
        book.setSubject(subject, rule: 0, entityKey: 1)
        let update = book.observe(rule: 0, entityKey: 1, holds: true, at: time(2))
        let close = book.observe(rule: 0, entityKey: 1, holds: false, at: time(3))
        #expect(update?.subject == subject)
        #expect(close?.subject == subject)
        #expect(close?.status == .close)
        #expect(book.count == 0)
    }

    @Test("A full book refuses new entries and counts them")
    func full() {
        var book = FindingBook(lifecycles: [lifecycle()], limit: 2)
        for key in UInt64(0)..<5 {
            _ = book.observe(rule: 0, entityKey: key, holds: true, at: time(1))
        }
        #expect(book.count == 2)
        #expect(book.counters.refused == 3)
        book.remove(rule: 0, entityKey: 0)
        #expect(book.counters.open == 1)
        #expect(book.watched == [WatchedEntity(entityKey: 1, rule: 0)])
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
            var book = FindingBook(lifecycles: lifecycles)
            var model = NaiveBook(lifecycles: lifecycles)
            for minute in Int64(1)...150 {
                let now = time(minute)
                book.expire(at: now)
                #expect(book.watched == model.watched, "round \(round), minute \(minute)")
                var touched = Set(book.watched)
                for _ in 0..<10 {
                    touched.insert(WatchedEntity(entityKey: pick(30), rule: Int(pick(3))))
                }
                for id in touched.sorted() {
                    let holds = pick(3) > 0
                    let step = book.observe(
                        rule: id.rule, entityKey: id.entityKey, holds: holds, at: now)
                    #expect(step == model.observe(id, holds, now), "round \(round), \(minute)")
                }
                #expect(book.counters == model.counters)
                if pick(10) == 0 { book = try reread(book, lifecycles) }
            }
        }
    }

    private func reread(
        _ book: consuming FindingBook, _ lifecycles: [Lifecycle]
    ) throws -> FindingBook {
        let names = ["a", "b", "c"]
        var bytes = ByteBuffer()
        book.encode(into: &bytes, rules: names)
        var reader = ByteReader(bytes.bytes)
        let copy = try FindingBook(&reader, lifecycles: lifecycles, rules: names)
        #expect(reader.remaining == 0)
        var again = ByteBuffer()
        copy.encode(into: &again, rules: names)
        #expect(bytes.array() == again.array())
        return try repiece(copy, lifecycles, names)
    }

    /// Writes and reads a book in small pieces.
    private func repiece(
        _ book: consuming FindingBook, _ lifecycles: [Lifecycle], _ names: [String]
    ) throws -> FindingBook {
        var pieces: [[UInt8]] = []
        book.encodePieces(rules: names, size: 100) { pieces.append(Array($0)) }
        #expect(pieces.dropFirst().allSatisfy { $0.count < 200 })
        var copy = FindingBook(lifecycles: lifecycles)
        var reader: FindingBookReader?
        for piece in pieces {
            try piece.withUnsafeBytes { bytes in
                if reader == nil {
                    reader = try FindingBookReader(bytes, rules: names, into: &copy)
                } else {
                    try reader?.read(bytes, into: &copy)
                }
            }
        }
        #expect(reader?.isComplete == true)
        #expect(copy.openEntities == book.openEntities)
        var bytes = ByteBuffer()
        var again = ByteBuffer()
        book.encode(into: &bytes, rules: names)
        copy.encode(into: &again, rules: names)
        #expect(bytes.array() == again.array())
        return copy
    }

    @Test("A snapshot follows rules to their new places and drops those that are gone")
    func movedRules() throws {
        var book = FindingBook(lifecycles: [lifecycle(), lifecycle()])
        for rule in 0..<2 {
            _ = book.observe(rule: rule, entityKey: 5, holds: true, at: time(1))
            book.setSubject(Subject(kind: "ip", value: [9]), rule: rule, entityKey: 5)
        }
        var bytes = ByteBuffer()
        book.encode(into: &bytes, rules: ["a", "b"])
        var reader = ByteReader(bytes.bytes)
        var moved = try FindingBook(
            &reader, lifecycles: [lifecycle(), lifecycle(), lifecycle()], rules: ["x", "y", "b"])
        #expect(moved.watched == [WatchedEntity(entityKey: 5, rule: 2)])
        #expect(moved.counters.open == 1)
        let step = moved.observe(rule: 2, entityKey: 5, holds: true, at: time(20))
        #expect(step?.subject == Subject(kind: "ip", value: [9]))
    }

    @Test("Damaged snapshots are refused, never a crash")
    func damaged() throws {
        var book = FindingBook(lifecycles: [lifecycle()])
        for key in UInt64(0)..<20 {
            _ = book.observe(rule: 0, entityKey: key, holds: true, at: time(1))
            book.setSubject(Subject(kind: "ip", value: [1, 2, 3]), rule: 0, entityKey: key)
        }
        var buffer = ByteBuffer()
        book.encode(into: &buffer, rules: ["a"])
        let good = buffer.array()
        for i in 0..<5000 {
            var bytes = good
            let at = Int(mix(UInt64(i)) % UInt64(good.count))
            if i % 3 == 0 {
                bytes.removeLast(good.count - at)
            } else {
                bytes[at] ^= UInt8(1 + i % 255)
            }
            bytes.withUnsafeBytes { slice in
                var reader = ByteReader(slice)
                do throws(FindingBookError) {
                    var copy = try FindingBook(&reader, lifecycles: [lifecycle()], rules: ["a"])
                    for watch in copy.watched {
                        _ = copy.observe(
                            rule: 0, entityKey: watch.entityKey, holds: false, at: time(90))
                    }
                } catch {
                    #expect(error == .corrupted || error == .unknownVersion(bytes.first ?? 0))
                }
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
