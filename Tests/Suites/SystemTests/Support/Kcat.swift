import Foundation
import Testing

/// A record as kcat shows it.
struct KcatRecord {
    var partition: Int
    var offset: Int
    var timestampMs: Int64
    var key: String
    var headers: [String: String]
    var value: Data

    /// The value as text.
    var text: String { String(decoding: value, as: UTF8.self) }
}

/// kcat: a Kafka client that is not ours.
enum Kcat {
    private static let path: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
        .split(separator: ":").map { "\($0)/kcat" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether it is there; says loudly when not.
    static let isAvailable: Bool = {
        if path == nil {
            SystemTests.shout(
                "SKIPPED: every system test. They look at topics with kcat (Debian: kcat).")
        }
        return path != nil
    }()

    /// Runs kcat to its end.
    @discardableResult
    static func run(_ arguments: [String]) throws -> Data {
        let program = URL(fileURLWithPath: try #require(path))
        return try Running.finish(arguments, program: program, within: 60).output
    }

    /// All records of a topic, or of one partition from an offset on, at most `count`.
    static func read(
        _ topic: String, partition: Int? = nil, from offset: String = "beginning",
        count: Int? = nil,
        at servers: String
    ) throws -> [KcatRecord] {
        var arguments = [
            "-b", servers, "-C", "-t", topic, "-o", offset, "-e", "-q",
            "-f", #"%p\t%o\t%T\t%k\t%h\n%R%s"#,
        ]
        if let partition { arguments += ["-p", String(partition)] }
        if let count { arguments += ["-c", String(count)] }
        return try parse(run(arguments))
    }

    /// Produces the lines of a file to one partition, with null keys and a header.
    static func produce(_ file: String, to topic: String, partition: Int, at servers: String) throws
    {
        try run([
            "-b", servers, "-P", "-t", topic, "-p", String(partition), "-H", "trace=1", "-H",
            "empty=", "-l", file,
        ])
    }

    /// Produces the lines of a file as fast as it goes, to the partitions that librdkafka picks for records without
    /// a key: one for a while, then another.
    static func produce(_ file: String, to topic: String, at servers: String) throws {
        try run(["-b", servers, "-P", "-t", topic, "-l", file])
    }

    /// Produces tombstones: null values, keyed.
    static func produceTombstones(
        _ count: Int, to topic: String, partition: Int, at servers: String
    ) throws {
        let scratch = try Scratch()
        let lines = (0..<count).map { "key\($0)|\n" }.joined()
        let file = try scratch.file("tombstones", lines)
        try run([
            "-b", servers, "-P", "-t", topic, "-p", String(partition), "-Z", "-K", "|", "-l", file,
        ])
    }

    /// A line of fields, four bytes of length, and so many bytes of value, again and again.
    private static func parse(_ output: Data) throws -> [KcatRecord] {
        var records: [KcatRecord] = []
        var rest = output[...]
        while let newline = rest.firstIndex(of: 0x0A) {
            let fields = String(decoding: rest[..<newline], as: UTF8.self)
                .split(separator: "\t", maxSplits: 4, omittingEmptySubsequences: false)
            try #require(fields.count == 5 && rest.endIndex >= newline + 5)
            let size = rest[(newline + 1)..<(newline + 5)].reduce(0) { $0 << 8 | Int($1) }
            let length = size == 0xFFFF_FFFF ? 0 : size
            let value = rest[(newline + 5)..<(newline + 5 + length)]
            records.append(
                KcatRecord(
                    partition: Int(fields[0]) ?? -1, offset: Int(fields[1]) ?? -1,
                    timestampMs: Int64(fields[2]) ?? -1, key: String(fields[3]),
                    headers: headers(fields[4]), value: Data(value)))
            rest = rest[(newline + 5 + length)...]
        }
        return records
    }

    private static func headers(_ text: Substring) -> [String: String] {
        var headers: [String: String] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            headers[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return headers
    }
}
