import TestSupport
import Testing

/// Findings against the published OCSF schema, flat ones against ours.
enum SchemaCheck {
    /// Expects every line to be valid; without the packages nothing is checked, loudly.
    static func expectValid(_ lines: [String], format: String) throws {
        guard SchemaValidator.isAvailable else { return }
        let result = try SchemaValidator.validate(lines, as: format)
        #expect(result.status == 0, "\(result.output.prefix(2000))")
        #expect(result.output.contains("\(lines.count) findings checked, 0 invalid"))
    }
}
