import Foundation
import TestSupport
import Testing

@Suite("reset", .enabled(if: KafkaCluster.isAvailable), .serialized)
struct ResetCommandTests {
    @Test("a place to go to is required, and must be one")
    func words() throws {
        let connection = ["--bootstrap-servers", "127.0.0.1:1"]
        #expect(try Program.run(["reset"] + connection).code == 3)
        let wrong = try Program.run(["reset", "--to", "yesterday"] + connection)
        #expect(wrong.code == 3 && wrong.errors.contains("2026-01-01T00:00:00Z"))
        let dropped = try Program.run(["reset", "--to", "end", "--state", "drop"] + connection)
        #expect(dropped.code == 3)
    }

    @Test("an active group is refused by its members' names, a dry run changes nothing")
    func refusals() throws {
        let site = try OperatorSite("reset-busy")
        try site.fill(seed: 1)
        let member = Process()
        member.executableURL = Program.executable
        member.arguments = ["run"] + site.options
        member.standardError = FileHandle.nullDevice
        try member.run()
        defer { if member.isRunning { kill(member.processIdentifier, SIGKILL) } }
        let end = ContinuousClock.now + .seconds(60)
        while try site.committed(0).map(\.offset) != site.ends(0) {
            try #require(ContinuousClock.now < end, "the member does not come to the end")
            usleep(100_000)
        }
        let before = try site.committed(0).map(\.offset)
        for arguments in [
            ["--to", "end"], ["--to", "beginning", "--state", "clear", "--execute"],
        ] {
            let busy = try Program.run(["reset"] + arguments + site.options)
            #expect(busy.code == 1, "\(busy.errors)")
            #expect(busy.errors.contains("active members: left-hand at "), "\(busy.errors)")
        }
        #expect(try site.committed(0).map(\.offset) == before)
        let doctor = try site.run("doctor")
        #expect(doctor.output.contains("Stable, 1 member: left-hand at "), "\(doctor.output)")
        member.terminate()
        member.waitUntilExit()
        #expect(member.terminationStatus == 0)
        try site.awaitEmptyGroup()
        let stopped = try [site.committed(0), site.committed(1)]
        let kept = try site.run("reset", "--to", "beginning", "--execute")
        #expect(kept.code == 1 && kept.errors.contains("counted twice"), "\(kept.errors)")
        let dry = try site.run("reset", "--to", "2000-01-01T00:00:00Z", "--state", "clear")
        #expect(dry.code == 0 && dry.errors.contains("--execute does it"), "\(dry.errors)")
        #expect(dry.output.contains("  current  new  lag change\n"), "\(dry.output)")
        #expect(dry.lines.contains { $0.hasPrefix(site.input) && $0.contains("  0  ") })
        #expect(dry.output.contains("6 tasks begin with nothing"))
        let still = try site.run("reset", "--to", "2099-01-01T00:00:00Z", "--execute")
        #expect(still.code == 0 && still.errors.contains("nothing to do"), "\(still.errors)")
        #expect(try [site.committed(0), site.committed(1)] == stopped)
    }

    @Test(
        "cleared state reads everything once more and nothing twice, as often as one likes",
        arguments: ["topic", "directory"])
    func clear(_ place: String) throws {
        let scratch = try Scratch()
        let directory = ["--set", "state.directory=\(scratch.path("state"))"]
        let site = try OperatorSite("reset-clear", place == "topic" ? [] : directory)
        try site.fill(seed: 1)
        let first = try site.process()
        #expect(first.errors.contains("consumed=3000 "), "\(first.errors)")
        for _ in 0..<2 {
            let done = try site.run("reset", "--to", "beginning", "--state", "clear", "--execute")
            #expect(done.code == 0 && done.errors.hasSuffix("done\n"), "\(done.errors)")
            #expect(try site.committed(0).map(\.offset) == [0, 0, 0])
            #expect(try site.committed(0).allSatisfy { $0.metadata.isEmpty })
            #expect(try site.committed(1).count == OperatorSite.shuffles)
        }
        let again = try site.process()
        #expect(again.errors.contains("consumed=3000 "), "\(again.errors)")
        for word in [
            "duplicate_blocks", "missing_records", "rebuilding", "cannot be used", "snapshot=none",
        ] {
            #expect(!again.errors.contains(word), "\(word): \(again.errors)")
        }
        #expect(again.errors.contains("entities=0 replayed=0 snapshot="))
    }

    @Test("kept state goes on behind what is passed over, and the log says what is missing")
    func keep() throws {
        let site = try OperatorSite("reset-keep")
        try site.fill(seed: 1)
        _ = try site.process()
        try site.fill(seed: 2)
        let ends = try site.ends(0)
        let before = try site.committed(0)
        let done = try site.run("reset", "--to", "end", "--execute")
        #expect(done.code == 0, "\(done.errors)")
        #expect(try site.committed(0).map(\.offset) == ends)
        #expect(try site.committed(0).map(\.metadata) == before.map(\.metadata))
        try site.fill(seed: 3)
        let later = try site.process()
        #expect(later.errors.contains("consumed=3000 "), "\(later.errors)")
        #expect(later.errors.contains("records are missing"), "\(later.errors)")
    }
}
