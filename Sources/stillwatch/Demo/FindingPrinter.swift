import Detection
import Primitives
import Replay

/// Writes findings as they come: lines for people, or JSON Lines.
final class FindingPrinter {
    private let encoder: FindingEncoder?
    private var output: Output
    private var writer = JSONWriter(capacity: 4096)
    private var shown: [String: Int] = [:]
    /// Lines for people per rule; a wide farm has hundreds of cards.
    private static let shownPerRule = 8
    /// Why writing stopped; nothing is written after it.
    private(set) var failure: OutputError?

    /// A printer in the form called `format`: text, flat or ocsf.
    init(format: String) throws(OutputError) {
        encoder = FindingFormat(rawValue: format).map {
            FindingEncoder(format: $0, productVersion: Release.version)
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
                try output.write(text: text(finding))
            }
            try output.flush()
        } catch {
            failure = error
        }
    }

    /// A line for a finding that begins or ends; few for each rule.
    private func text(_ finding: Finding) -> String {
        if finding.status == .update { return "" }
        let number = shown[finding.rule.id, default: 0] + 1
        shown[finding.rule.id] = number
        if number <= Self.shownPerRule { return Self.line(finding) }
        if number > Self.shownPerRule + 1 { return "" }
        return Self.padded("", 31) + "further findings of \(finding.rule.id) are not shown here\n"
    }

    private static let heading =
        "time                 severity  status  rule                    entity\n"

    private static func line(_ finding: Finding) -> String {
        let time = Timestamp.rfc3339(ms: finding.time.ms).prefix(19) + "Z"
        let rule = finding.rule.id + (finding.rule.shadow ? " (shadow)" : "")
        return padded(String(time), 21) + padded(finding.rule.severity.rawValue, 10)
            + padded(finding.status.rawValue, 8) + padded(rule, 24)
            + padded(shortened(finding.entity, to: 30), 31) + evidence(finding) + "\n"
    }

    /// The first numbers of the evidence.
    private static func evidence(_ finding: Finding) -> String {
        finding.evidence.compactMap { name, value -> String? in
            guard case .number(let number) = value else { return nil }
            let isWhole = number == number.rounded() && number.magnitude < 1e15
            return "\(name)=\(isWhole ? grouped(Int(number)) : decimal(number, places: 2))"
        }.prefix(3).joined(separator: " ")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text.count >= width
            ? text + " " : text + String(repeating: " ", count: width - text.count)
    }
}
