import Broker
import Foundation
import Kafka
import Testing

/// A topic of history with records at known times, a rule over them, and commands that read it.
struct HistorySite {
    let site: Site
    let scratch: Scratch
    let rule: String

    /// When the first event is.
    static let originMs: Int64 = 1_780_000_000_000

    init(_ stem: String, partitions: Int) throws {
        site = try Site(stem, partitions: partitions, settings: ["format: flat"])
        scratch = try Scratch()
        rule = try scratch.file(
            "rule.yaml",
            """
            apiVersion: stillwatch/v1
            kind: Rule
            id: test.card
            version: 1
            severity: high
            description: A rule.
            entity: fingerprint
            kinds: [payment]
            when: accounts(10m) >= 10
            keep_firing_for: 1m
            evidence: [accounts(10m), requests(10m)]
            """)
    }

    /// The events `range` of a partition, so many seconds apart: for a while a card has 25 accounts, then it has five.
    static func event(_ number: Int, everyS: Double = 1) -> (timeMs: Int64, text: String) {
        let accounts = number / 400 % 3 == 0 ? 25 : 5
        let time = originMs + Int64(Double(number) * everyS * 1_000)
        return (
            time,
            "{\"time\":\(time),\"account\":\"a\(number % accounts)\","
                + "\"fingerprints\":{\"payment\":\"card\(number / 1_200 % 5)\"}}"
        )
    }

    /// Produces events, each with its time as the record's timestamp; in transactions of 50 with `id`, of which every
    /// third, of other events, is aborted.
    func produce(
        _ range: Range<Int>, to partition: Int32, everyS: Double = 1,
        transactional id: String? = nil
    ) throws {
        let producer = try Producer(
            properties: Properties(bootstrapServers: site.servers),
            role: id.map { .transactionalProducer(transactionalID: $0) } ?? .producer,
            topics: [site.input])
        if id != nil { try producer.initTransactions(timeoutMs: 30_000) }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 50) {
            if id != nil { try producer.beginTransaction() }
            for number in start..<min(start + 50, range.upperBound) {
                let event = Self.event(number, everyS: everyS)
                try send(event.text, event.timeMs, partition, producer)
            }
            try producer.flush(timeoutMs: 30_000)
            guard id != nil else { continue }
            try producer.commitTransaction(timeoutMs: 30_000)
            if start / 50 % 3 == 2 { try abort(start, partition, everyS, producer) }
        }
    }

    private func abort(
        _ start: Int, _ partition: Int32, _ everyS: Double, _ producer: borrowing Producer
    ) throws {
        try producer.beginTransaction()
        let event = Self.event(start, everyS: everyS)
        try send(
            "{\"time\":\(event.timeMs),\"account\":\"never\"}", event.timeMs, partition, producer)
        try producer.flush(timeoutMs: 30_000)
        try producer.abortTransaction(timeoutMs: 30_000)
    }

    private func send(
        _ text: String, _ timeMs: Int64, _ partition: Int32, _ producer: borrowing Producer
    ) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            try producer.produce(
                topic: 0, partition: partition, key: nil, value: bytes, timestampMs: timeMs)
        }
    }

    /// The option that names the topic.
    var topic: [String] { ["--topic", site.input] }

    /// The options of a command on the topic.
    var options: [String] { topic + ["--no-progress"] + rules }

    /// The options of rules and settings.
    var rules: [String] { ["--rules", rule] + site.config }

    /// `backtest` of files.
    func backtestFiles(_ arguments: [String]) throws -> Running {
        try Running.finish(["backtest", "--no-progress"] + rules + arguments)
    }

    /// `backtest` of the topic.
    func backtest(_ arguments: [String] = []) throws -> Running {
        try Running.finish(["backtest"] + options + arguments)
    }

    /// What `backtest` finds in files of the partitions' records, as kcat reads them; `where` leaves some out.
    func expected(
        _ options: [String] = [], where isKept: (KcatRecord) -> Bool = { _ in true }
    ) throws -> String {
        try backtestFiles(options + partitionFiles(where: isKept)).text
    }

    /// A file for each partition that has records, by its number.
    func partitionFiles(where isKept: (KcatRecord) -> Bool = { _ in true }) throws -> [String] {
        var partitions: [Int: String] = [:]
        for record in try site.records(of: site.input) where isKept(record) {
            partitions[record.partition, default: ""] += record.text + "\n"
        }
        return try partitions.sorted { $0.key < $1.key }.map {
            try scratch.file("partition-\($0.key)", $0.value)
        }
    }
}

extension Running {
    /// Standard output as text.
    var text: String { String(decoding: output, as: UTF8.self) }
}
