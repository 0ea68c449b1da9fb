import Foundation
import Testing

/// Chromium without a window, where it is installed.
enum Browser {
    private static let path = [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
    ]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether there is one; where there is none, says loudly what is not checked.
    static let isAvailable: Bool = {
        if path == nil {
            let text =
                "SKIPPED: report.html is NOT looked at in a browser; to do so: apt-get install chromium\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        return path != nil
    }()

    /// Opens a page and does with it what `arguments` say; what the page and the browser said.
    static func run(_ page: String, _ arguments: [String]) throws -> (
        code: Int32, errors: String, output: String
    ) {
        let process = Process()
        let scratch = try Scratch()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--user-data-dir=\(scratch.path("profile"))", "--enable-logging=stderr",
                // Whatever asks for a network gets an error, which the console shows.
                "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1100,1600",
            ] + arguments + ["file://\(page)"]
        let files = try ["errors", "output"].map { try scratch.file($0) }
        process.standardError = try FileHandle(forWritingTo: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return (process.terminationStatus, texts[0], texts[1])
    }
}

/// The report's page as a browser shows it.
@Suite("report.html in a browser", .enabled(if: Browser.isAvailable))
struct ReportPageTests {
    private static func report() throws -> Scratch {
        let scratch = try Scratch()
        let made = try Program.run([
            "simulate", "--seed", "3", "--hours", "6", "--population", "customers:accounts=100",
            "--population", "s1:accounts=40,rate=400,evasion=none", "--out",
            scratch.path("e.jsonl"),
            "--labels", scratch.path("labels"),
        ])
        #expect(made.code == 0)
        let run = try Program.run([
            "backtest", scratch.path("e.jsonl"), "--labels", scratch.path("labels"), "--budget",
            "20/day", "--sweep", "farm.shared_identity:accounts(24h)>=15..40:5", "--timelines",
            "--out",
            scratch.path("report/"),
        ])
        #expect(run.code == 0, "\(run.errors)")
        return scratch
    }

    @Test(
        "it shows every part and its pictures, in light, in dark and on paper, with an empty console"
    )
    func page() throws {
        let scratch = try Self.report()
        let page = scratch.path("report/report.html")
        let shown = try Browser.run(page, ["--dump-dom"])
        #expect(shown.code == 0)
        for part in [
            "Backtest", "Rules", "Findings a day", "Cost of the rules", "Open at the end",
            "Against the labels", "Time to detect", "Farms and their first findings",
            "farm.shared_identity:accounts(24h)", "Evidence over time", "Fields the events have",
        ] {
            #expect(shown.output.contains(part), "\(part)")
        }
        #expect(shown.output.split(separator: "<svg ").count > 8)
        #expect(!shown.errors.contains("CONSOLE"), "\(shown.errors)")
        var pictures: [Data] = []
        for scheme in ["0", "1"] {
            let file = scratch.path("page-\(scheme).png")
            let run = try Browser.run(
                page, ["--blink-settings=preferredColorScheme=\(scheme)", "--screenshot=\(file)"])
            #expect(run.code == 0 && !run.errors.contains("CONSOLE"), "\(run.errors)")
            pictures.append(try Data(contentsOf: URL(fileURLWithPath: file)))
        }
        #expect(pictures.allSatisfy { $0.count > 20_000 } && pictures[0] != pictures[1])
        let paper = scratch.path("page.pdf")
        let printed = try Browser.run(page, ["--print-to-pdf=\(paper)"])
        #expect(printed.code == 0 && !printed.errors.contains("CONSOLE"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: paper)).count > 20_000)
    }

    @Test(
        "a page that asks for something from a network or has a bad script is told in the console")
    func console() throws {
        let scratch = try Scratch()
        try scratch.file(
            "bad.html", "<script>console.error('seen')</script><img src=\"http://x.example/\">")
        let run = try Browser.run(scratch.path("bad.html"), ["--dump-dom"])
        #expect(run.errors.contains("CONSOLE") && run.errors.contains("seen"))
    }
}
