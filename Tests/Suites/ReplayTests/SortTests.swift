import Detection
import Glibc
import Primitives
import Replay
import Simulation
import TestSupport
import Testing
import Topology
import YAML

@Suite("Sorting files by time")
struct SortTests {
    private static func settings() throws -> PipelineSettings {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for source in StarterRules.sources { loader.load(source) }
        return PipelineSettings(rules: try RuleSet(loader.rules))
    }

    /// A farm's half day, in order of time.
    private static func traffic() -> [[UInt8]] {
        var farm = PopulationSpec(.s1, accounts: 60, rate: 400)
        farm.startMs = 3_600_000
        let generator = Generator(
            Scenario(
                seed: 3, durationMs: 10 * 3_600_000,
                populations: [PopulationSpec(.customers, accounts: 200, rate: 20), farm]))
        var line = ByteBuffer(capacity: 4096)
        var lines: [[UInt8]] = []
        while generator.next() {
            line.removeAll()
            generator.event.writeJSON(into: &line)
            lines.append(line.array())
        }
        return lines
    }

    private static func file(_ lines: [[UInt8]]) -> TemporaryFile {
        TemporaryFile(Array(lines.joined(separator: [10])))
    }

    private static func sorted(
        _ path: String, memory: Int, in directory: String = "/tmp"
    ) throws -> SortedSource {
        let source = try FileSource(path: path)
        return try SortedSource(
            source, settings(), SortSettings(memory: memory, directory: directory))
    }

    private static func findings(_ report: ReplayDriver.Report) -> [UInt8] {
        let encoder = FindingEncoder(format: .flat, productVersion: "0")
        var writer = JSONWriter(capacity: 4096)
        for finding in report.findings {
            encoder.encode(finding, into: &writer)
            writer.newline()
        }
        return writer.buffer.array()
    }

    @Test("a reversed or shuffled file gives the bytes of the ordered one, in memory or spilled")
    func findingsAgree() async throws {
        let lines = Self.traffic()
        let ordered = Self.file(lines)
        let plain = try await ReplayDriver(Self.settings()).run([FileSource(path: ordered.path)])
        let expected = Self.findings(plain)
        #expect(plain.findings.count > 3 && plain.disorders.isEmpty)
        var random = TestRandom(seed: 1)
        for (other, memory) in [
            (Array(lines.reversed()), 1 << 20), (lines.shuffled(using: &random), 1 << 20),
            (Array(lines.reversed()), 1 << 28),
        ] {
            let file = Self.file(other)
            let source = try Self.sorted(file.path, memory: memory)
            let report = try await ReplayDriver(Self.settings()).run([source])
            // A folder that is not there is missed where records go to a file, and only there.
            let nowhere = try Self.sorted(file.path, memory: memory, in: "/nonexistent")
            let isSpilled = (try? nowhere.read(1) { _, _ in }) == nil
            #expect(isSpilled == (memory == 1 << 20))
            #expect(report.ingest == plain.ingest)
            let same = Self.findings(report) == expected
            #expect(same, "\(report.findings.count) findings")
        }
    }

    @Test("a file that is not in order is told with how much of it is late; one in order is not")
    func disorder() async throws {
        let lines = Self.traffic()
        let file = Self.file(lines.reversed())
        let report = try await ReplayDriver(Self.settings()).run([FileSource(path: file.path)])
        let disorder = try #require(report.disorders.first)
        #expect(disorder.source == file.path && disorder.records == lines.count)
        #expect(disorder.tooLate > lines.count / 2 && disorder.late > 0)
        let text = ReplaySummary(report, seconds: 1).text
        #expect(text.contains("not in order of time") && text.contains("--sort"))
        // A few events that come late are usual.
        var few = lines
        few.swapAt(10, 40)
        let other = Self.file(few)
        let usual = try await ReplayDriver(Self.settings()).run([FileSource(path: other.path)])
        #expect(usual.disorders.isEmpty)
    }

    @Test("events of one time keep their order; places name the line; what has no time comes first")
    func stable() throws {
        var random = TestRandom(seed: 9)
        var lines: [String] = []
        for i in 0..<60_000 {
            let time = 1_780_272_000_000 + Int.random(in: 0..<500, using: &random)
            lines.append("{\"time\":\(time),\"account\":\"a\(i)\"}")
        }
        lines[777] = "no event"
        let file = TemporaryFile(lines.joined(separator: "\n"))
        let source = try Self.sorted(file.path, memory: 1 << 20)
        let order = lines.indices.sorted { a, b in
            (a == 777 ? "" : String(lines[a].prefix(21)), a)
                < (b == 777 ? "" : String(lines[b].prefix(21)), b)
        }
        var at = 0
        var wrong = 0
        var more = true
        while more {
            more = try source.read(1000) { record, _ in
                if String(decoding: record, as: UTF8.self) != lines[order[at]] { wrong += 1 }
                if source.place(ofRecord: Int64(at)) != "\(file.path):\(order[at] + 1)" {
                    wrong += 1
                }
                at += 1
            }
        }
        #expect(at == lines.count && wrong == 0)
        #expect(source.progress.map { $0.done == $0.total } == true)
    }

    @Test("memory stays within its bound while many times as much is sorted")
    func memory() throws {
        let text = (0..<400_000).map {
            "{\"time\":\(1_790_000_000_000 - $0),\"account\":\"account-\($0)\",\"model\":\"some-model-name\"}\n"
        }.joined()
        let file = TemporaryFile(text)
        #expect(text.utf8.count > 28 << 20)
        // Other tests of the process take memory as well: once without them is enough.
        let isBounded = try (0..<8).contains { _ in
            let source = try Self.sorted(file.path, memory: 4 << 20)
            let before = Self.residentBytes()
            try source.sort()
            var count = 0
            while try source.read(4096, { _, _ in count += 1 }) {}
            #expect(count == 400_000)
            return Self.residentBytes() - before < 16 << 20
        }
        #expect(isBounded)
    }

    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let text = String(
            decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = text.split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }

    @Test("a place without room, and one that is not there, end the sort with a clear error")
    func noRoom() throws {
        let file = TemporaryFile(
            String(repeating: "{\"time\":1780272000000,\"account\":\"a\"}\n", count: 50_000))
        let source = try FileSource(path: file.path)
        let sorted = try SortedSource(
            source, Self.settings(), SortSettings(memory: 1 << 20, directory: "/nonexistent"))
        do throws(InputError) {
            try sorted.sort()
            Issue.record("sorted without a place")
        } catch {
            #expect(error.description.contains("/nonexistent: No such file"))
            #expect(error.description.contains("--temp-directory"))
        }
    }
}
