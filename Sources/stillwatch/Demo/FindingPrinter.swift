import Detection
import Primitives

/// Writes findings as they come: lines for people, or JSON Lines.
final class FindingPrinter {
    private let encoder: FindingEncoder?
    private var output: Output
    private var writer = JSONWriter(capacity: 4096)
    /// Why writing stopped; nothing is written after it.
    private(set) var failure: OutputError?

    /// A printer in the form called `format`: text, flat or ocsf.
    init(format: String) throws(OutputError) {
        encoder = FindingFormat(rawValue: format).map {
            FindingEncoder(format: $0, productVersion: Stillwatch.version)
        }
        output = try Output(path: nil)
        if encoder == nil { try output.write(text: Self.heading) }
    }

    /// Writes one finding at once.
    func print(_ finding: Finding) {
        guard failure == nil else { return }
        do throws(OutputError) {
            if let encoder {
                writer.removeAll()
                encoder.encode(finding, into: &writer)
                writer.newline()
                try output.write(writer.buffer.bytes)
            } else {
                try output.write(text: Self.line(finding))
            }
            try output.flush()
        } catch {
            failure = error
        }
    }

    private static let heading =
        "time                 severity  status  rule                       entity\n"

    private static func line(_ finding: Finding) -> String {
        let time = Timestamp.rfc3339(ms: finding.time.ms).prefix(19) + "Z"
        let rule = finding.rule.id + (finding.rule.shadow ? " (shadow)" : "")
        return padded(String(time), 21) + padded(finding.rule.severity.rawValue, 10)
            + padded(finding.status.rawValue, 8) + padded(rule, 27)
            + padded(shortened(finding.entity), 46) + evidence(finding) + "\n"
    }

    /// The numbers of the evidence, as far as a line holds them.
    private static func evidence(_ finding: Finding) -> String {
        finding.evidence.compactMap { name, value -> String? in
            guard case .number(let number) = value else { return nil }
            let text = number == number.rounded() ? String(Int(number)) : "\((number * 100).rounded() / 100)"
            return "\(name)=\(text)"
        }.prefix(4).joined(separator: " ")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text.count >= width
            ? text + " " : text + String(repeating: " ", count: width - text.count)
    }
}
