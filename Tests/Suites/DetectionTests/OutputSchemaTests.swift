import Detection
import Foundation
import Primitives
import TestSupport
import Testing

/// Runs Tests/Support/schema/validate.py, which checks findings against the published OCSF schema.
enum SchemaValidator {
    static let root = Repository.root

    /// A Python that has the packages: STILLWATCH_PYTHON, or the package's own .venv.
    static let python: String? = {
        let own = root.appendingPathComponent(".venv/bin/python3").path
        let named = ProcessInfo.processInfo.environment["STILLWATCH_PYTHON"]
        return [named, own].compactMap { $0 }.first { python in
            let script = "import ocsf_json_schema, jsonschema"
            return FileManager.default.isExecutableFile(atPath: python)
                && (try? run(python, ["-c", script], input: Data()))?.status == 0
        }
    }()

    static let isAvailable: Bool = {
        if python == nil {
            let text =
                "SKIPPED: findings are NOT checked against the OCSF schema. To check them: python3 -m venv "
                + ".venv && .venv/bin/pip install -r Tests/Support/schema/requirements.txt, or set STILLWATCH_PYTHON.\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        return python != nil
    }()

    static func run(
        _ program: String, _ arguments: [String], input: Data
    ) throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("stillwatch-\(UUID().uuidString).ndjson")
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    static func validate(_ lines: [String], as format: FindingFormat) throws -> (
        status: Int32, output: String
    ) {
        let script = root.appendingPathComponent("Tests/Support/schema/validate.py").path
        let text = lines.map { $0 + "\n" }.joined()
        return try run(
            python ?? "python3", [script, "--format", format.rawValue], input: Data(text.utf8))
    }
}

@Suite("Findings against the published schema", .enabled(if: SchemaValidator.isAvailable))
struct OutputSchemaTests {
    @Test("every shape of finding is valid", arguments: FindingFormat.allCases)
    func valid(format: FindingFormat) throws {
        let encoder = FindingEncoder(format: format, productVersion: "0.1.0")
        let lines = OutputSamples.all().map { OutputSamples.text($0, encoder) }
        let result = try SchemaValidator.validate(lines, as: format)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("\(lines.count) findings checked, 0 invalid"))
    }

    @Test("the check fails on an unknown key, a wrong type, a repeated key and on nothing at all")
    func checkCanFail() throws {
        let encoder = FindingEncoder(format: .ocsf, productVersion: "0.1.0")
        let good = OutputSamples.text(OutputSamples.finding(), encoder)
        let bad = [
            good.replacingOccurrences(of: #""class_uid""#, with: #""score":1,"class_uid""#),
            good.replacingOccurrences(of: #""severity_id":4"#, with: #""severity_id":"4""#),
            good.replacingOccurrences(of: #""is_alert":true"#, with: #""time":1"#),
            String(good.dropLast()),
        ]
        for line in bad {
            #expect(try SchemaValidator.validate([line], as: .ocsf).status == 1)
        }
        #expect(try SchemaValidator.validate([], as: .ocsf).status == 1)
    }
}
