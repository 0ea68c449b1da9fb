import Synchronization
import Telemetry
import Testing

/// Keeps what a logger writes.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    private let now = Mutex<Int64>(1_767_225_600_123)

    func logger(_ format: LogFormat = .text, level: Logger.Level = .trace, burst: Int = 3) -> Logger
    {
        let limit = RepeatLimit(burst: burst, intervalMs: 1_000)
        let handler = LogHandler(
            format: format, limit: limit, clock: { [self] in now.withLock { $0 } },
            writer: { [self] line in
                lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            })
        return Logger(label: "test", level: level, handler: handler)
    }

    func advance(ms: Int64) { now.withLock { $0 += ms } }
    var all: [String] { lines.withLock { $0 } }
}

@Suite("Logger")
struct LoggerTests {
    private let lines = Lines()

    @Test("a text line has time, level, label, message and fields by name")
    func text() {
        var logger = lines.logger()
        logger[metadataKey: "shard"] = 1
        logger.info("polled", metadata: ["topic": "a b", "count": .count(3), "empty": ""])
        #expect(
            lines.all == [
                "2026-01-01T00:00:00.123Z info test: polled count=3 empty=\"\" shard=1 topic=\"a b\"\n"
            ])
    }

    @Test("a JSON line is one object")
    func json() {
        lines.logger(.json).error("failed", metadata: ["error": "no \"route\"\n", "fatal": true])
        #expect(
            lines.all == [
                #"{"time":"2026-01-01T00:00:00.123Z","level":"error","label":"test","message":"failed","#
                    + #""fields":{"error":"no \"route\"\n","fatal":true}}"# + "\n"
            ])
    }

    @Test("below the level nothing is written nor evaluated")
    func level() {
        var evaluated = 0
        func count() -> Logger.MetadataValue {
            evaluated += 1
            return .count(evaluated)
        }
        lines.logger(level: .warning).info("quiet", metadata: ["n": count()])
        #expect(lines.all.isEmpty)
        #expect(evaluated == 0)
    }

    @Test("secrets are masked by name, counts of tokens are not secrets")
    func secrets() {
        lines.logger().info(
            "connecting",
            metadata: ["sasl.password": "hunter2", "ssl.key.pem": "x", "input_tokens": 5])
        #expect(lines.all.first?.contains("hunter2") == false)
        #expect(lines.all.first?.contains("sasl.password=***") == true)
        #expect(lines.all.first?.contains("input_tokens=5") == true)
    }

    @Test("a line is bounded and a message cannot forge another line")
    func bounds() {
        let long = String(repeating: "x\u{FC}", count: 10_000)
        for format in LogFormat.allCases {
            let logger = lines.logger(format)
            var metadata: Logger.Metadata = [:]
            for i in 0..<100 { metadata["field\(i)"] = .string(long) }
            logger.info("forged\nline \(long)", metadata: metadata)
        }
        for line in lines.all {
            #expect(line.utf8.count <= 8_192 * 2)
            #expect(line.split(separator: "\n").count == 1)
        }
        #expect(lines.all.count == 2)
    }

    @Test("repeats are held back, counted, and told with the next line")
    func repeats() {
        let logger = lines.logger(burst: 2)
        for i in 0..<10 { logger.warning("again", metadata: ["i": .count(i)]) }
        logger.warning("another")
        #expect(lines.all.count == 3)
        lines.advance(ms: 1_000)
        logger.warning("again")
        #expect(lines.all.last?.contains("held_back=8") == true)
    }

    @Test("critical lines always pass")
    func critical() {
        for _ in 0..<10 { lines.logger(burst: 1).critical("stopping") }
        #expect(lines.all.count == 10)
    }

    @Test("levels are ordered as in swift-log")
    func order() {
        #expect(Logger.Level.allCases == Logger.Level.allCases.sorted())
    }

    @Test("the limit forgets rather than grows")
    func limit() {
        var limit = RepeatLimit(burst: 1, intervalMs: 1_000, maxMessages: 2)
        for name in ["a", "b", "c"] {
            let decision = limit.admit(level: .info, label: "l", message: name, atMs: 0)
            #expect(decision == .write(heldBack: 0))
        }
        #expect(limit.admit(level: .info, label: "l", message: "c", atMs: 1) == .hold)
        #expect(limit.admit(level: .info, label: "l", message: "a", atMs: 1) == .write(heldBack: 0))
    }
}
