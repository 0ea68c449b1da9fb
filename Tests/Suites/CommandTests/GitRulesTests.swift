import Foundation
import Testing

/// Rules out of a git revision, without a checkout.
@Suite("Rules of a revision")
struct GitRulesTests {
    /// A repository whose first commit has a rule that the second one changes.
    private static func repository() throws -> Scratch {
        let scratch = try Scratch()
        let rules = scratch.url.appendingPathComponent("sub/rules/more")
        try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
        let rule = CommandTests.rule(expectation: "a")
        try scratch.file("sub/rules/more/r.yaml", rule)
        try scratch.file("sub/rules/notes.txt", "no rule")
        let git = "git -C \(scratch.url.path) -c user.name=t -c user.email=t@example.org"
        let made = try Program.shell(
            "\(git) init -q && \(git) add -A && \(git) commit -qm one && echo done")
        #expect(made.output.hasSuffix("done\n"), "\(made.output)")
        try scratch.file(
            "sub/rules/more/r.yaml",
            rule.replacing("requests(1h) >= 10", with: "requests(1h) >= 20")
        )
        let changed = try Program.shell("\(git) commit -qam two && echo done")
        #expect(changed.output.hasSuffix("done\n"), "\(changed.output)")
        return scratch
    }

    private static func run(_ scratch: Scratch, _ arguments: String) throws -> Program.Result {
        try Program.shell("cd \(scratch.url.path)/sub && $STILLWATCH \(arguments)")
    }

    @Test("a directory or a file of a revision is read, from the top or from where one stands")
    func revisions() throws {
        let scratch = try Self.repository()
        for place in ["sub/rules", "./rules/", "sub/rules/more/r.yaml", ""] {
            let diff = try Self.run(scratch, "rules diff HEAD~1:\(place) HEAD:\(place)")
            #expect(diff.code == 0, "\(place): \(diff.output)")
            #expect(
                diff.output.contains("when: requests(1h) >= 10 -> requests(1h) >= 20"), "\(place)")
        }
        let lines = (0..<400).map {
            #"{"time":\#(1_780_272_000_000 + $0 * 225_000),"account":"a"}"#
        }
        try scratch.file("sub/e.jsonl", lines.joined(separator: "\n"))
        let compared = try Self.run(
            scratch, "backtest e.jsonl --rules rules --compare HEAD~1:sub/rules --out report/")
        #expect(compared.code == 0, "\(compared.output)")
        #expect(compared.output.contains("| all |  | 0 | 1 | 0 | 1 |"), "\(compared.output)")
    }

    @Test("what is not there is told with its name")
    func refusals() throws {
        let scratch = try Self.repository()
        let cases: [(String, Int32, String)] = [
            ("HEAD~5:sub/rules", 3, "HEAD~5:sub/rules: no such file or directory, and git has no"),
            ("HEAD:none", 3, "HEAD:none: no such file or directory, and git has no such revision"),
            ("HEAD:sub/rules/notes.txt", 2, "HEAD:sub/rules/notes.txt:1:1: error"),
        ]
        for (place, code, text) in cases {
            let run = try Self.run(scratch, "rules lint \(place)")
            #expect(run.code == code && run.output.contains(text), "\(place): \(run.output)")
        }
        let outside = try Program.shell("cd / && $STILLWATCH rules lint HEAD:rules")
        #expect(outside.code == 3 && outside.output.contains("not a git repository"))
    }
}
