import Detection
import Foundation
import Primitives
import TestSupport
import Testing

@Suite("Findings against the published schema", .enabled(if: SchemaValidator.isAvailable))
struct OutputSchemaTests {
    @Test("every shape of finding is valid", arguments: FindingFormat.allCases)
    func valid(format: FindingFormat) throws {
        let encoder = FindingEncoder(format: format, productVersion: "0.1.0")
        let lines = OutputSamples.all().map { OutputSamples.text($0, encoder) }
        let result = try SchemaValidator.validate(lines, as: format.rawValue)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("\(lines.count) findings checked, 0 invalid"))
    }

    @Test("every version of OCSF is valid by its own schema", arguments: OCSFVersion.allCases)
    func versions(version: OCSFVersion) throws {
        let encoder = FindingEncoder(
            format: .ocsf, productVersion: "0.1.0", ocsfVersion: version)
        let lines = OutputSamples.all().map { OutputSamples.text($0, encoder) }
        let result = try SchemaValidator.validate(lines, as: "ocsf-\(version.rawValue)")
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("\(lines.count) findings checked, 0 invalid"))
    }

    @Test("a newer finding is invalid by an older schema", arguments: ["1.3.0", "1.1.0"])
    func newerIsInvalid(version: String) throws {
        let encoder = FindingEncoder(format: .ocsf, productVersion: "0.1.0")
        let line = OutputSamples.text(OutputSamples.finding(), encoder)
        #expect(try SchemaValidator.validate([line], as: "ocsf-\(version)").status == 1)
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
            #expect(try SchemaValidator.validate([line], as: "ocsf").status == 1)
        }
        #expect(try SchemaValidator.validate([], as: "ocsf").status == 1)
    }
}
