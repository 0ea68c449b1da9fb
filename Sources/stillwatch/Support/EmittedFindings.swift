import Assessment
import Broker
import Configuration
import Primitives
import Replay

/// Findings that were written somewhere: a file of JSON lines, or a topic.
struct EmittedFindings {
    private let place: String
    /// What messages call the place: the option that named it.
    private let option: String
    private let settings: Settings

    /// The findings at `place`: a file where there is one, else a topic.
    init(_ place: String, option: String, _ settings: Settings) {
        self.place = place
        self.option = option
        self.settings = settings
    }

    /// Reads them one after the other until `body` returns false.
    ///
    /// - Parameter since: records of a topic that are older may be left out.
    /// - Throws: `Failure` where the place cannot be read, or holds something else.
    func forEach(since: EventTime? = nil, _ body: (EmittedFinding) -> Bool) throws {
        if Files.isDirectory(place) != nil || place == "-" {
            try readFile(body)
        } else {
            try readTopic(since, body)
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

    private static let mostBytes = 4 << 20

    private func readFile(_ body: (EmittedFinding) -> Bool) throws(Failure) {
        let source = try Files.source(place, maxRecord: Self.mostBytes)
        var refused: Failure?
        var goesOn = true
        var record: Int64 = 0
        do throws(InputError) {
            while goesOn, refused == nil {
                let hasMore = try source.read(1) { line, _ in
                    guard let finding = EmittedFinding(line: Array(line)) else {
                        refused = Self.foreign(source.place(ofRecord: record))
                        return
                    }
                    goesOn = body(finding)
                    record += 1
                }
                if !hasMore { break }
            }
        } catch {
            throw Failure(.unreachable, error.description)
        }
        if let refused { throw refused }
    }

    private func readTopic(_ since: EventTime?, _ body: (EmittedFinding) -> Bool) throws {
        guard !settings.bootstrapServers.isEmpty else {
            throw Failure(
                .unreachable,
                "\(option) \(place): no such file, and no brokers are given to read a topic: "
                    + "--bootstrap-servers host:port")
        }
        let properties = try Wiring.properties(settings)
        let range = TopicReader.Range(since: since.map { .time(ms: $0.ms) })
        var reader = try Failure.kafka { () throws(BrokerError) in
            try TopicReader(properties, topic: place, range)
        }
        try reader.forEach { record in
            guard let finding = record.value.flatMap({ EmittedFinding(line: Array($0)) }) else {
                throw Self.foreign("\(place)[\(record.partition)]@\(record.offset)")
            }
            return body(finding)
        }
    }

    private static func foreign(_ place: String) -> Failure {
        Failure(.usage, "\(place): no finding of stillwatch, in neither of its formats")
    }
}
