import Assessment
import Configuration
import Primitives

/// Findings that were written somewhere: a file of JSON lines, or a topic.
struct EmittedFindings {
    private let records: EmittedRecords

    /// The findings at `place`: a file where there is one, else a topic.
    init(_ place: String, option: String, _ settings: Settings) {
        records = EmittedRecords(place, option: option, settings)
    }

    /// Reads them one after the other until `body` returns false.
    ///
    /// - Parameter since: records of a topic that are older may be left out.
    /// - Throws: `Failure` where the place cannot be read, or holds something else.
    func forEach(since: EventTime? = nil, _ body: (EmittedFinding) -> Bool) throws {
        try records.forEach(since: since) { record in
            guard let finding = record.value.flatMap({ EmittedFinding(line: $0) }) else {
                throw Self.foreign(record.place())
            }
            return body(finding)
        }
    }

    /// All of them.
    func all(since: EventTime?) throws -> [EmittedFinding] {
        var all: [EmittedFinding] = []
        try forEach(since: since) { finding in
            all.append(finding)
            return true
        }
        return all
    }

    /// What is said of a record that is no finding.
    static func foreign(_ place: String) -> Failure {
        Failure(.usage, "\(place): no finding of stillwatch, in neither of its formats")
    }
}
