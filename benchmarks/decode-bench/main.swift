import Events
import Primitives

// Decodes records of one account and five fingerprints from memory and prints one JSON line a format:
//     swift run -c release decode-bench [events [json|protobuf]]
// `touched_ns_per_event` also reads the account, the fingerprints and four more fields and hashes them,
// as folding does.

/// What a pass does with each event.
enum Use {
    case nothing, hash
}

/// Nanoseconds per event over `events` records, the best of five passes.
func measure(
    _ decoder: inout EventDecoder, _ records: borrowing ByteBuffer, _ spans: [Range<Int>],
    events: Int, _ use: Use
) -> Double {
    var best = Double.infinity
    for _ in 0..<5 {
        let clock = ContinuousClock()
        var sum: UInt64 = 0
        let elapsed = clock.measure {
            var next = 0
            for _ in 0..<events {
                let record = ByteSlice(rebasing: records.bytes[spans[next]])
                next = next + 1 == spans.count ? 0 : next + 1
                guard decoder.decode(record) == .event else { preconditionFailure("bad sample") }
                if use == .hash { sum &+= fingerprint(decoder.event) }
            }
        }
        precondition(use == .nothing || sum != 0)
        let (seconds, attoseconds) = elapsed.components
        let ns = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
        best = min(best, ns / Double(events))
    }
    return best
}

/// Reads what folding reads.
func fingerprint(_ event: Event) -> UInt64 {
    var sum = xxh3(event.account) &+ UInt64(bitPattern: event.time.ms)
    for i in 0..<event.fingerprintCount {
        sum &+= xxh3(event.fingerprintValue(i), seed: UInt64(event.fingerprintKind(i)))
    }
    sum &+= UInt64(bitPattern: event.number(.inputTokens) ?? 0)
    sum &+= UInt64(bitPattern: event.number(.outputTokens) ?? 0)
    if let model = event.string(.model) { sum &+= xxh3(model) }
    if let organization = event.string(.organization) { sum &+= xxh3(organization) }
    return sum
}

let arguments = CommandLine.arguments
let events = arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
let formats = arguments.dropFirst(2).first.map { name in
    EventFormat.allCases.filter { $0.rawValue == name }
}
let samples = Samples(count: 1000)
let tracked = TrackedNames(
    kinds: ["payment", "device", "ip", "tls_ja4", "prompt_template"],
    signals: ["reasoning_elicitation", "task"])
for format in formats ?? EventFormat.allCases {
    let source = format == .json ? samples.json : samples.protobuf
    var records = ByteBuffer()
    var spans: [Range<Int>] = []
    for record in source {
        spans.append(records.count..<records.count + record.count)
        record.withUnsafeBytes { records.append($0) }
    }
    var decoder = try EventDecoder(format: format, tracked: tracked)
    let bare = measure(&decoder, records, spans, events: events, .nothing)
    let touched = measure(&decoder, records, spans, events: events, .hash)
    var line = JSONWriter()
    line.beginObject()
    line.key("benchmark")
    line.value("decode-\(format.rawValue)")
    line.key("bytes_per_event")
    line.value(records.count / spans.count)
    line.key("ns_per_event")
    line.value((bare * 10).rounded() / 10)
    line.key("touched_ns_per_event")
    line.value((touched * 10).rounded() / 10)
    line.key("events_per_second")
    line.value((1e9 / bare).rounded())
    line.endObject()
    print(line.buffer.string())
}
