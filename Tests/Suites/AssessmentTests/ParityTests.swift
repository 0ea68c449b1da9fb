import Assessment
import Detection
import Primitives
import Testing

/// Comparing a replay's findings with what a live run wrote.
@Suite("Parity")
struct ParityTests {
    private static func written(
        _ findings: [Finding], _ format: FindingFormat = .flat, version: String = "1"
    ) -> [EmittedFinding] {
        let encoder = FindingEncoder(format: format, productVersion: version)
        return findings.compactMap { finding in
            var writer = JSONWriter()
            encoder.encode(finding, into: &writer)
            return EmittedFinding(line: writer.buffer.array())
        }
    }

    private static func parity(
        _ findings: [Finding], _ emitted: [EmittedFinding], from: Double? = nil
    ) -> Parity {
        let range = JudgedRange(
            from: from.map(History.time), to: nil, warmupMs: 0, paneWidth: .standard)
        var kept = findings
        _ = range.dropWarmup(&kept)
        return Parity(kept, emitted, in: range, end: History.time(20), productVersion: "2")
    }

    @Test("both formats are read back as they were written")
    func formats() throws {
        let findings = try History().episode(
            "test.shared", on: "payment:a:\"b\"\u{7}ä", from: 1, to: 2, accounts: ["x"])
        for format in [FindingFormat.flat, .ocsf] {
            let emitted = Self.written(findings, format)
            #expect(emitted.map(\.uid) == findings.map(\.uid.description))
            #expect(emitted.map(\.entity) == findings.map(\.entity))
            #expect(emitted.map(\.status) == [.create, .close])
            #expect(emitted.map(\.firstSeen) == findings.map(\.firstSeen))
            #expect(emitted.map(\.format) == [format, format])
            #expect(Self.parity(findings, emitted).differences.isEmpty)
        }
        for line in ["", "{}", "[1]", "{\"uid\":\"a\"}", "{\"class_uid\":2004}", "x: [", "\u{0}"] {
            #expect(EmittedFinding(line: Array(line.utf8)) == nil)
        }
    }

    @Test("added, missing, different and shifted records are told apart")
    func kinds() throws {
        let history = try History()
        let same = try history.episode("test.shared", on: "payment:same", from: 1, to: 2)
        let missing = try history.episode("test.shared", on: "payment:missing", from: 2)
        let added = try history.episode("test.account", on: "account:added", from: 3)
        let moved = try history.episode("test.account", on: "account:moved", from: 4)
        let later = try history.episode("test.account", on: "account:moved", from: 4.5)
        let plain = try history.episode("test.shared", on: "device:d", from: 5)
        let named = try history.episode("test.shared", on: "device:d", from: 5, accounts: ["x"])
        let parity = Self.parity(
            same + missing + moved + plain, Self.written(same + added + later + named))
        #expect(parity.differences.map(\.kind) == [.missing, .added, .shifted, .different])
        #expect(
            parity.differences.map(\.entity) == [
                "payment:missing", "account:added", "account:moved", "device:d",
            ])
        #expect(parity.differences[2].emittedTime == History.time(4.5))
        #expect(parity.metric == "stillwatch_parity_differences 4\n")
        #expect(parity.compared == 5 && parity.lines.split(separator: "\n").count == 4)
    }

    @Test("what began before the range is compared by its close, what lies outside not at all")
    func carried() throws {
        let history = try History()
        func updated(_ findings: [Finding], at hours: Double) -> [Finding] {
            var update = findings[0]
            update.status = .update
            update.time = History.time(hours)
            update.sequence = 1
            return [findings[0], update] + findings.dropFirst()
        }
        // The replay sees the episode begin with its warm-up, the live run days before.
        let mine = updated(
            try history.episode("test.shared", on: "payment:a", from: 4, to: 9), at: 6)
        let theirs = updated(
            try history.episode("test.shared", on: "payment:a", from: 1, to: 9), at: 6.2)
        let parity = Self.parity(mine, Self.written(theirs), from: 5)
        #expect(parity.differences.isEmpty && parity.leftOut == 2 && parity.compared == 2)
        let another = try history.episode("test.shared", on: "payment:a", from: 1, to: 10)
        let late = Self.parity(mine, Self.written(another), from: 5)
        #expect(late.differences.map(\.kind) == [.shifted])
        let behind = try history.episode("test.shared", on: "payment:b", from: 21)
        #expect(Self.parity(mine, Self.written(mine + behind), from: 5).differences.isEmpty)
    }
}
