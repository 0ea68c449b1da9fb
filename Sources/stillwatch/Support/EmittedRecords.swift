import Broker
import Configuration
import History
import Primitives
import Replay

/// Records that were written somewhere: a file of JSON lines, or a topic up to its ends.
struct EmittedRecords {
    /// One of them.
    struct Record {
        /// Its key; nil in a file.
        let key: [UInt8]?
        /// Its value; nil where there is none.
        let value: [UInt8]?
        /// Where it stands, for messages.
        let place: () -> String
    }

    /// The file or topic.
    let place: String
    /// What messages call the place: the option that named it.
    private let option: String
    private let settings: Settings

    /// The records at `place`: a file where there is one, else a topic.
    init(_ place: String, option: String, _ settings: Settings) {
        self.place = place
        self.option = option
        self.settings = settings
    }

    /// Whether the place is a file.
    var isFile: Bool { Files.isDirectory(place) != nil || place == "-" }

    /// Reads them one after the other until `body` returns false.
    ///
    /// - Parameter since: records of a topic that are older may be left out.
    /// - Throws: what `body` throws; `Failure` where the place cannot be read.
    func forEach(since: EventTime? = nil, _ body: (Record) throws -> Bool) throws {
        if isFile {
            try readFile(body)
        } else {
            try readTopic(since, body)
        }
    }

    private static let mostBytes = 4 << 20

    private func readFile(_ body: (Record) throws -> Bool) throws {
        let source = try Files.source(place, maxRecord: Self.mostBytes)
        var failure: (any Error)?
        var goesOn = true
        var number: Int64 = 0
        do throws(InputError) {
            while goesOn, failure == nil {
                let hasMore = try source.read(1) { line, _ in
                    let record = Record(key: nil, value: Array(line)) {
                        source.place(ofRecord: number)
                    }
                    do { goesOn = try body(record) } catch { failure = error }
                    number += 1
                }
                if !hasMore { break }
            }
        } catch {
            throw Failure(.unreachable, error.description)
        }
        if let failure { throw failure }
    }

    private func readTopic(_ since: EventTime?, _ body: (Record) throws -> Bool) throws {
        guard !settings.bootstrapServers.isEmpty else {
            throw Failure(
                .unreachable,
                "\(option) \(place): no such file, and no brokers are given to read a topic: "
                    + "--bootstrap-servers host:port")
        }
        let properties = try Setup.properties(settings)
        let range = TopicReader.Range(since: since.map { .time(ms: $0.ms) })
        var reader = try Failure.kafka { () throws(BrokerError) in
            try TopicReader(properties, topic: place, range)
        }
        try reader.forEach { record in
            let (partition, offset) = (record.partition, record.offset)
            return try body(
                Record(key: record.key.map { Array($0) }, value: record.value.map { Array($0) }) {
                    "\(place)[\(partition)]@\(offset)"
                })
        }
    }
}
