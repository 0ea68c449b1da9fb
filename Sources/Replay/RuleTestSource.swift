import Detection
import Primitives

/// A rule test's events as a source of canonical JSON records: the whole engine is under test, the decoder too.
final class RuleTestSource: RecordSource {
    let name: String
    private let count: Int
    private var events: RuleTestEvents
    private var done = 0
    private var writer = JSONWriter()

    init(_ test: RuleTest) {
        name = test.name
        count = test.eventCount
        events = test.events
    }

    var progress: (done: Int, total: Int)? { (done, count) }

    func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        for _ in 0..<count {
            guard let event = events.next() else { return false }
            writer.removeAll()
            Self.write(event, to: &writer)
            // The record's own time confirms gaps in a test, which are meant.
            body(writer.buffer.bytes, event.time.ms)
            done += 1
        }
        return true
    }

    private static func write(_ event: RuleTestEvent, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("time", event.time.ms)
        writer.member("account", event.account)
        if let created = event.accountCreated {
            writer.member("account_created", created.ms)
        }
        for (field, value) in event.strings {
            writer.key(field)
            writer.value(value)
        }
        for (field, value) in event.numbers {
            writer.key(field)
            writer.value(value)
        }
        writeMaps(event, to: &writer)
        writer.endObject()
    }

    private static func writeMaps(_ event: RuleTestEvent, to writer: inout JSONWriter) {
        writer.key("fingerprints")
        writer.beginObject()
        for (kind, value) in event.fingerprints {
            writer.key(kind)
            writer.value(value)
        }
        writer.endObject()
        writer.key("signals")
        writer.beginObject()
        for (name, value) in event.signals {
            writer.key(name)
            switch value {
            case .number(let number): writer.value(number)
            case .text(let text): writer.value(text)
            }
        }
        writer.endObject()
    }
}
