import Foundation

/// Runs Tests/Support/schema/validate.py, which checks findings against published OCSF schemas or ours, reports of
/// backtests against theirs, and bundles by the STIX validator.
public enum SchemaValidator {
    private static let root = Repository.root

    /// A Python that has the packages: STILLWATCH_PYTHON, or the package's own .venv.
    private static let python: String? = {
        let own = root.appendingPathComponent(".venv/bin/python3").path
        let named = ProcessInfo.processInfo.environment["STILLWATCH_PYTHON"]
        return [named, own].compactMap { $0 }.first { python in
            let script = "import ocsf_json_schema, jsonschema"
            return FileManager.default.isExecutableFile(atPath: python)
                && (try? run(python, ["-c", script], input: Data()))?.status == 0
        }
    }()

    /// Whether there is a Python with the packages; where there is none, says loudly what is not checked.
    public static let isAvailable: Bool = {
        if python == nil {
            let text =
                "SKIPPED: findings and reports are NOT checked against their schemas. To check them: python3 -m venv "
                + ".venv && .venv/bin/pip install -r Tests/Support/schema/requirements.txt, or set STILLWATCH_PYTHON.\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        return python != nil
    }()

    /// Whether that Python has the validator of STIX as well.
    public static let hasStix: Bool = {
        guard isAvailable else { return false }
        let found = (try? python("import stix2validator; print(1)")) == "1"
        if !found {
            let text = "SKIPPED: STIX bundles are NOT checked: the Python has no stix2-validator.\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        return found
    }()

    private static func run(
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

    /// What a line of Python prints, without its newline.
    public static func python(_ script: String) throws -> String {
        try run(python ?? "python3", ["-c", script], input: Data()).output
            .trimmingCharacters(in: .newlines)
    }

    /// Checks each line as `ocsf`, `ocsf-1.3.0`, `flat`, `report` or `stix`; status 0 where there is one and all are valid.
    public static func validate(_ lines: [String], as format: String) throws -> (
        status: Int32, output: String
    ) {
        let script = root.appendingPathComponent("Tests/Support/schema/validate.py").path
        let text = lines.map { $0 + "\n" }.joined()
        return try run(
            python ?? "python3", [script, "--format", format], input: Data(text.utf8))
    }
}
