import Assessment
import Primitives
import Simulation
import Testing

/// Label files: what they may look like, and what is said of bad ones.
@Suite("Labels")
struct LabelTests {
    private func read(_ text: String) throws -> LabelSet {
        try LabelReader.read(Array(text.utf8), name: "labels")
    }

    private func problems(_ text: String) -> String {
        do {
            _ = try read(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("a table has columns in any order, quotes, comments in none, and times in three forms")
    func table() throws {
        let labels = try read(
            #"""
            value,type,verdict,from,to,campaign,kind\#r
            "acme, ""inc""",account,banned,2026-06-01,2026-06-02T12:30:00Z,farm one,
            b,account,benign,,,,

            acct_3,account,,1780272000000,,farm one,
            pay_1,fingerprint,confirmed,,,farm one,payment
            x,fingerprint,benign,,,,fingerprints.own_kind
            farm one,campaign,confirmed,2026-05-31,,,
            """#)
        #expect(labels.accounts.map(\.name) == ["acme, \"inc\"", "b", "acct_3"])
        #expect(labels.accounts.map(\.verdict) == [.confirmed, .benign, .confirmed])
        #expect(labels.accounts[0].from == EventTime(ms: 1_780_272_000_000))
        #expect(labels.accounts[0].to == EventTime(ms: 1_780_403_400_000))
        #expect(labels.accounts[2].from == EventTime(ms: 1_780_272_000_000))
        #expect(labels.campaigns.map(\.name) == ["farm one"])
        #expect(labels.campaigns[0].accounts == [0, 2])
        #expect(labels.campaigns[0].from == EventTime(ms: 1_780_185_600_000))
        #expect(labels.fingerprints["payment:pay_1"]?.first?.campaign == 0)
        #expect(labels.fingerprints["own_kind:x"]?.first?.verdict == .benign)
    }

    @Test("JSON lines say the same as a table")
    func lines() throws {
        let labels = try read(
            """
            {"type":"account","value":"a \\"b\\"","verdict":"banned","to":1780272000000,"campaign":"f"}

            {"type":"fingerprint","kind":"device","value":"d:1","campaign":"f"}
            """)
        #expect(labels.accounts.map(\.name) == ["a \"b\""])
        #expect(labels.accounts[0].to == EventTime(ms: 1_780_272_000_000))
        #expect(labels.fingerprints["device:d:1"]?.count == 1)
    }

    @Test("each bad row is told with its line and what to do")
    func badRows() {
        let text = problems(
            """
            type,kind,value,verdict,from,to,campaign
            account,,a,,,,
            account,,a,,,,
            acount,,b,,,,
            fingerprint,paymnt,p,,,,
            fingerprint,quux,p,,,,
            account,,c,maybe,,,
            account,,d,banned,,,
            account,,e,,2026-02-30,,
            account,,f,,2026-06-02,2026-06-01,
            account,,g,confirmed,,,x
            account,,h,benign,,,x
            account,,,,,,
            account,,i,,,,,,,
            """)
        let expected = [
            "labels:3: error: account 'a' is labelled twice; keep one of the rows",
            "labels:4: error: unknown type 'acount'; did you mean 'account'?",
            "labels:5: error: unknown fingerprint kind 'paymnt'; did you mean 'payment'?",
            "labels:6: error: unknown fingerprint kind 'quux'; write fingerprints.quux for a kind",
            "labels:7: error: unknown verdict 'maybe'; use one of confirmed, banned, benign",
            "labels:8: error: a ban without its time; fill in 'to'",
            "labels:9: error: 'from' is no time: '2026-02-30'; write milliseconds since 1970",
            "labels:10: error: 'to' is before 'from'; swap them",
            "labels:12: error: campaign 'x' is confirmed in a row above",
            "labels:13: error: a label without a value",
            "labels:14: error: 10 fields where the header has 7",
        ]
        for line in expected { #expect(text.contains(line), "\(line)\n\(text)") }
        #expect(text.split(separator: "\n").count == expected.count)
    }

    @Test(
        "a file that is no label file is refused",
        arguments: [
            ("", "labels:1: error: the file is empty; begin with the header type,kind,value"),
            ("tipe,value\n", "labels:1: error: unknown column 'tipe'; did you mean 'type'?"),
            ("value\nx\n", "labels:1: error: no column 'type'"),
            ("{\"type\":\"account\"", "labels:1: error: this line is no JSON object"),
            ("{\"type\":\"account\",\"acount\":\"a\"}", "labels:1: error: unknown name 'acount'"),
            (
                "{\"type\":\"account\",\"population\":\"s1\",\"account\":\"a\"}",
                "labels:1: error: population 's1' has no line above"
            ),
        ])
    func refused(text: String, expected: String) {
        #expect(problems(text).hasPrefix(expected), "\(problems(text))")
    }

    @Test("of many bad rows the first are listed and the rest are counted")
    func manyProblems() {
        let rows = (0..<50).map { "account,a\($0),maybe\n" }
        let text = problems("type,value,verdict\n" + rows.joined())
        #expect(text.split(separator: "\n").count == 21)
        #expect(text.hasSuffix("labels: 30 more errors\n"))
    }

    @Test("what simulate writes is read whole: farms, look-alikes, their accounts and fingerprints")
    func simulated() throws {
        let scenario = Scenario(
            seed: 4, durationMs: 6 * 3_600_000,
            populations: [
                try PopulationSpec(parsing: "customers:accounts=50"),
                try PopulationSpec(parsing: "s1:accounts=20,rate=400,evasion=none"),
                try PopulationSpec(parsing: "nat:accounts=40"),
            ])
        let generator = Generator(scenario)
        var buffer = ByteBuffer()
        while generator.nextRecord(using: &buffer, { _, _, _ in }) {}
        let truth = generator.labels()
        var lines = ByteBuffer()
        truth.writeLines(into: &lines)
        let labels = try LabelReader.read(lines.array(), name: "labels")
        let farms = truth.populations.filter { !$0.accounts.isEmpty }
        #expect(labels.campaigns.map(\.name) == farms.map(\.id))
        #expect(labels.campaigns.map(\.verdict) == [.confirmed, .benign])
        #expect(labels.accounts.map(\.name) == farms.flatMap { $0.accounts.map(\.name) })
        for farm in farms {
            for fingerprint in farm.shared {
                let claims = labels.fingerprints["\(fingerprint.kind):\(fingerprint.value)"] ?? []
                #expect(
                    claims.contains {
                        $0.accounts == fingerprint.accounts
                            && $0.isExclusive == fingerprint.isExclusive
                    })
            }
        }
    }
}
