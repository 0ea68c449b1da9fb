import Detection
import Primitives
import TestSupport
import Testing

@Suite("Verdicts as JSON")
struct VerdictRecordTests {
    private static func read(_ json: String) -> Result<VerdictRecord, VerdictFlaw> {
        read(Array(json.utf8))
    }

    private static func read(_ json: [UInt8]) -> Result<VerdictRecord, VerdictFlaw> {
        json.withUnsafeBytes { bytes in
            do throws(VerdictFlaw) {
                return .success(try VerdictRecord(json: bytes))
            } catch {
                return .failure(error)
            }
        }
    }

    private static let good =
        #"{"time":"2026-06-01T12:30:00Z","subject":"payment:card_9","verdict":"benign"}"#

    @Test("what a person writes is read, and what is written is read back")
    func good() throws {
        let plain = try Self.read(Self.good).get()
        #expect(plain.time.ms == 1_780_317_000_000)
        #expect(plain.subject == Subject(kind: "payment", value: Array("card_9".utf8)))
        #expect(plain.key == xxh3("card_9", seed: Kind("payment").seed))
        #expect(plain.until == plain.time.advanced(byMs: 90 * 86_400_000))
        #expect(plain.by == nil && plain.reason == nil && plain.campaign == nil)
        let full = try Self.read(
            """
            {"time":1780317000000,"subject":"account:a:\\"7\\" ü","verdict":"banned","until":"2026-09-01",
             "by":"ana","reason":"resold\\nkeys","campaign":"00000000000000010000000000000002","more":[1,{}]}
            """
        ).get()
        #expect(full.subject.entity == "account:a:\"7\" ü" && full.subject.isAccount)
        #expect(full.until.ms == 1_788_220_800_000)
        #expect(full.by == "ana" && full.reason == "resold\nkeys")
        #expect(full.campaign == FindingID(high: 1, low: 2))
        for verdict in [plain, full] {
            var writer = JSONWriter()
            verdict.write(to: &writer)
            #expect(try Self.read(writer.buffer.string()).get() == verdict)
        }
        for word in VerdictWord.allCases where word != .benign {
            #expect(word.defaultMs == 180 * 86_400_000)
        }
    }

    static let bad: [(String, VerdictFlaw)] = [
        ("", .empty), ("  \n", .empty),
        (#"{"reason":""# + String(repeating: "x", count: 20_000) + #""}"#, .oversized),
        ("[]", .malformedJSON), ("payment:card_9", .malformedJSON), (#"{"time":"#, .malformedJSON),
        (good + good, .malformedJSON), (#"{"a":1,"a":2}"#, .malformedJSON),
        (#"{"a":&x 1,"b":*x}"#, .malformedJSON),
        (#"{"subject":"payment:p","verdict":"benign"}"#, .missingTime),
        (#"{"time":null,"subject":"payment:p","verdict":"benign"}"#, .missingTime),
        (#"{"time":"today","subject":"payment:p","verdict":"benign"}"#, .badTime),
        (#"{"time":[1],"subject":"payment:p","verdict":"benign"}"#, .badTime),
        (#"{"time":"2206-06-01","subject":"payment:p","verdict":"benign"}"#, .badTime),
        (#"{"time":"2026-06-01","verdict":"benign"}"#, .missingSubject),
        (#"{"time":"2026-06-01","subject":"card_9","verdict":"benign"}"#, .missingSubject),
        (#"{"time":"2026-06-01","subject":"payment:","verdict":"benign"}"#, .missingSubject),
        (#"{"time":"2026-06-01","subject":{"account":"a"},"verdict":"benign"}"#, .missingSubject),
        (#"{"time":"2026-06-01","subject":"campaign:12","verdict":"benign"}"#, .campaignSubject),
        (#"{"time":"2026-06-01","subject":"payment:p","verdict":"good"}"#, .badVerdict),
        (#"{"time":"2026-06-01","subject":"payment:p"}"#, .badVerdict),
        (#"{"time":"2026-06-01","subject":"payment:p","verdict":"banned"}"#, .notAnAccount),
        (
            #"{"time":"2026-06-01","subject":"payment:p","verdict":"benign","until":"soon"}"#,
            .badUntil
        ),
        (
            #"{"time":"2026-06-01","subject":"payment:p","verdict":"benign","until":"2026-06-01"}"#,
            .expired
        ),
    ]

    @Test("what is no verdict is refused with its reason", arguments: bad)
    func refused(_ json: String, _ flaw: VerdictFlaw) {
        #expect(Self.read(json) == .failure(flaw))
        #expect(!flaw.advice.isEmpty && flaw.rawValue == flaw.rawValue.lowercased())
    }

    @Test("every reason has a test")
    func allReasons() {
        #expect(Set(Self.bad.map(\.1)) == Set(VerdictFlaw.allCases))
    }

    @Test("a file's lines are read one by one, and those that are none are told by their number")
    func file() {
        let file = VerdictFile(Array("\(Self.good)\n\nnonsense\n\(Self.good)".utf8))
        #expect(file.verdicts.count == 2)
        #expect(file.refusals.map(\.line) == [3])
        #expect(file.refusals.map(\.flaw) == [.malformedJSON])
    }

    @Test("damaged records are refused or read as others, and none crashes")
    func hostile() {
        var random = TestRandom(seed: 7)
        var refused = 0
        for _ in 0..<5_000 {
            var bytes = Array(Self.good.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let i = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[i] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: i)
                default: bytes.insert(.random(in: 0...255, using: &random), at: i)
                }
            }
            if case .failure = Self.read(bytes) { refused += 1 }
        }
        #expect(refused > 1_000)
    }
}
