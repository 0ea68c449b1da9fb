import Detection
import Primitives
import TestSupport
import Testing
import Topology

@Suite("The table of verdicts")
struct VerdictTableTests {
    private static func block(
        _ subject: String, _ word: VerdictWord, at time: Int64, until: Int64? = nil,
        offset: Int64 = 0
    ) throws -> VerdictBlock {
        let record = VerdictRecord(
            time: EventTime(ms: time), subject: try #require(Subject(entity: subject)), word: word,
            until: until.map { EventTime(ms: $0) })
        return VerdictBlock(record, offset: offset)
    }

    /// What holds at a time, by the words of the documentation: the last of a sort by time and place, unless it is over.
    private static func naive(
        _ all: [VerdictBlock], _ key: UInt64, judgement: Bool, at time: EventTime
    ) -> VerdictBlock? {
        let last = all.filter {
            $0.key == key && $0.word.isJudgement == judgement && $0.time < time
        }.max { ($0.time, $0.offset) < ($1.time, $1.offset) }
        return last.flatMap { $0.until > time ? $0 : nil }
    }

    @Test("what holds is the last of its sort, in whatever order verdicts come", arguments: 1...20)
    func model(seed: UInt64) throws {
        var random = TestRandom(seed: seed)
        let subjects = ["account:a", "account:b", "payment:p", "prompt_template:t"]
        let all = try (0..<200).map { offset in
            let subject = subjects[Int.random(in: 0..<4, using: &random)]
            let words = VerdictWord.allCases.filter {
                $0.isJudgement || subject.hasPrefix("account")
            }
            let time = Int64.random(in: 1...300, using: &random)
            return try Self.block(
                subject, words[Int.random(in: 0..<words.count, using: &random)], at: time,
                until: time + .random(in: 1...80, using: &random), offset: Int64(offset))
        }
        var table = VerdictTable()
        for verdict in all.shuffled(using: &random) { table.receive(verdict) }
        let keys = Set(all.map(\.key))
        var changes = 0
        for now in stride(from: Int64(0), through: 420, by: 7) {
            let time = EventTime(ms: now)
            let before = keys.map { table[$0] }
            var changed: Set<UInt64> = []
            table.advance(to: time) { changed.insert($0) }
            for (key, old) in zip(keys, before) {
                let standing = table[key]
                // What a verdict took the place of does not come back when that ends.
                for (part, isJudgement) in [
                    (standing?.judgement, true), (standing?.measure, false),
                ] {
                    let expected = Self.naive(all, key, judgement: isJudgement, at: time)
                    #expect(part == expected, "seed \(seed), at \(now)")
                }
                if old != standing { #expect(changed.contains(key)) }
            }
            changes += changed.count
            // A table that was written and read goes on as it was.
            if Int.random(in: 0..<3, using: &random) == 0 {
                let digest = table.digest()
                table = try Self.reload(table)
                #expect(table.digest() == digest)
            }
        }
        #expect(changes > 50 && table.isEmpty && table.nextChange == nil)
    }

    private static func reload(_ table: VerdictTable) throws -> VerdictTable {
        var copy = VerdictTable()
        var isGood = true
        table.encode { item in
            var buffer = ByteBuffer()
            item(&buffer)
            isGood = copy.load(buffer.bytes) && isGood
        }
        #expect(isGood)
        return copy
    }

    @Test(
        "over the limit those go that end soonest, and of those that wait the furthest; they are counted"
    )
    func limit() throws {
        var table = VerdictTable(limit: 10)
        for i in 0..<30 {
            table.receive(
                try Self.block("account:a\(i)", .benign, at: 5, until: 100 + Int64(i)))
            table.advance(to: EventTime(ms: 10))
        }
        #expect(table.forgotten == 20)
        #expect(!table.isBenign(try Self.block("account:a19", .benign, at: 1).key))
        #expect(table.isBenign(try Self.block("account:a20", .benign, at: 1).key))
        for i in 0..<30 {
            table.receive(try Self.block("account:b\(i)", .benign, at: 1_000 + Int64(i)))
        }
        #expect(table.forgotten == 40)
        table.advance(to: EventTime(ms: 2_000))
        #expect(table.isBenign(try Self.block("account:b9", .benign, at: 1).key))
        #expect(!table.isBenign(try Self.block("account:b10", .benign, at: 1).key))
    }

    @Test(
        "a block is read back, one of another application is none, and one that is cut is damaged")
    func block() throws {
        let verdict = try Self.block("account:a", .restored, at: 77, until: 99, offset: 12)
        var buffer = ByteBuffer()
        verdict.encode(into: &buffer, application: 7)
        let bytes = buffer.array()
        #expect(bytes.withUnsafeBytes { VerdictBlock.begins($0) })
        #expect(Self.read(bytes, application: 7) == .success(verdict))
        #expect(Self.read(bytes, application: 8) == .success(nil))
        for count in 4..<bytes.count {
            #expect(Self.read(Array(bytes[..<count]), application: 7) == .failure(.corrupt))
        }
    }

    static func read(_ bytes: [UInt8], application: UInt32) -> Result<VerdictBlock?, BlockError> {
        bytes.withUnsafeBytes { record in
            do throws(BlockError) {
                return .success(try VerdictBlock(record, application: application))
            } catch {
                return .failure(error)
            }
        }
    }
}
