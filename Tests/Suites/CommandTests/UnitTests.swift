import Foundation
import TestSupport
import Testing

@Suite("deploy/stillwatch.service")
struct UnitTests {
    private static let unit = Repository.root
        .appendingPathComponent("deploy/stillwatch.service")

    private func lines() throws -> [Substring] {
        try String(contentsOf: Self.unit, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
    }

    @Test("systemd knows every word of it, where there is a systemd")
    func known() throws {
        let path = "/usr/bin/systemd-analyze"
        guard FileManager.default.isExecutableFile(atPath: path) else { return }
        let scratch = try Scratch()
        let text = try String(contentsOf: Self.unit, encoding: .utf8)
            .replacing("/usr/bin/stillwatch", with: Program.executable.path)
        try scratch.file("stillwatch.service", text)
        let result = try Program.shell("\(path) verify \(scratch.path("stillwatch.service"))")
        #expect(result.code == 0)
        #expect(!result.output.contains("stillwatch.service:"), "\(result.output)")
    }

    @Test("no check before the start can loop, what needs a person is not restarted, the rest is")
    func restarts() throws {
        let lines = try lines()
        #expect(!lines.contains { $0.hasPrefix("ExecStartPre") })
        #expect(lines.contains("Restart=on-failure"))
        #expect(lines.contains("RestartPreventExitStatus=2 6"))
        #expect(
            lines.contains("StartLimitIntervalSec=0"), "an outage outlasts any number of restarts")
        #expect(lines.contains("StateDirectory=stillwatch"))
        #expect(
            lines.contains { $0.hasPrefix("RestrictAddressFamilies=") && $0.contains("AF_UNIX") })
    }

    @Test("what follows a configuration that cannot be used waits, what follows the rest does not")
    func pause() throws {
        let line = try #require(lines().first { $0.hasPrefix("ExecStopPost=") })
        let script = try #require(line.split(separator: "'").dropFirst().first)
            .replacing("$$", with: "$").replacing("sleep 55", with: "echo waits")
        for (status, said) in [("3", "waits\n"), ("4", ""), ("7", ""), ("0", ""), ("KILL", "")] {
            let result = try Program.shell("EXIT_STATUS=\(status); \(script)")
            #expect(result.output == said, "\(status)")
            #expect(result.code == 0)
        }
    }
}
