import Foundation
import TestSupport
import Testing

/// Tests/Support/schema/validate.py: findings against the published OCSF schema, flat ones against ours.
enum SchemaCheck {
    private static let root = Repository.root

    /// A Python that has the packages: STILLWATCH_PYTHON, or the package's own .venv.
    private static let python: URL? = {
        let own = root.appendingPathComponent(".venv/bin/python3").path
        let named = ProcessInfo.processInfo.environment["STILLWATCH_PYTHON"]
        let found = [named, own].compactMap { $0 }.map { URL(fileURLWithPath: $0) }.first {
            python in
            let script = ["-c", "import ocsf_json_schema, jsonschema"]
            return (try? Running(script, program: python).exitCode(within: 60)) == 0
        }
        if found == nil {
            SystemTests.shout(
                "NOT CHECKED: findings against the OCSF schema. To check them: python3 -m venv .venv && "
                    + ".venv/bin/pip install -r Tests/Support/schema/requirements.txt, or set STILLWATCH_PYTHON."
            )
        }
        return found
    }()

    /// Expects every line to be valid; without the packages nothing is checked, loudly.
    static func expectValid(_ lines: [String], format: String) throws {
        guard let python else { return }
        let scratch = try Scratch()
        let file = try scratch.file("findings", lines.map { $0 + "\n" }.joined())
        let script = root.appendingPathComponent("Tests/Support/schema/validate.py").path
        let check = try Running([script, "--format", format, file], program: python)
        let code = try check.exitCode(within: 300)
        #expect(code == 0, "\(check.errors.prefix(2000))")
        let said = String(decoding: check.output, as: UTF8.self)
        #expect(said.contains("\(lines.count) findings checked, 0 invalid"))
    }
}
