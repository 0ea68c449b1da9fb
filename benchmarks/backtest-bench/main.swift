// backtest from memory, layer by layer: ns per event of decode, INGEST, and the whole.
//
//   backtest-bench [events 1000000] [shards 1] [accounts 1000000] [rule file; the starter rules]
import Detection
import Events
import Glibc
import Primitives
import Replay
import Simulation
import Topology
import YAML

final class MemorySource: RecordSource {
    let name = "memory"
    private let bytes: ByteSlice
    private var at = 0
    init(_ bytes: ByteSlice) { self.bytes = bytes }
    var progress: (done: Int, total: Int)? { (at, bytes.count) }
    func read(_ count: Int, _ body: (ByteSlice, Int64?) -> Void) throws(InputError) -> Bool {
        for _ in 0..<count {
            guard at < bytes.count, let base = bytes.baseAddress else { return false }
            guard let end = memchr(base + at, 0x0A, bytes.count - at) else { return false }
            let length = UnsafeRawPointer(end) - (base + at)
            body(ByteSlice(start: base + at, count: length), nil)
            at += length + 1
        }
        return true
    }
}

func now() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
}

let events =
    CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 1_000_000 : 1_000_000
let shards = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 1 : 1
let accounts =
    CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3]) ?? 1_000_000 : 1_000_000
let path = CommandLine.arguments.count > 4 ? CommandLine.arguments[4] : nil
let generator = Generator(.bench(events: events, accounts: accounts))
var lines = ByteBuffer(capacity: 700 * events)
while generator.next() {
    generator.event.writeJSON(into: &lines)
    lines.append(0x0A)
}
func slurp(_ path: String) throws -> [UInt8] {
    var file = try InputFile(path: path)
    var all: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let n = try bytes.withUnsafeMutableBytes { space in
            guard let base = space.baseAddress else { return 0 }
            return try file.read(into: base, capacity: space.count)
        }
        if n == 0 { return all }
        all += bytes[0..<n]
    }
}
let diagnostics = Diagnostics()
var loader = RuleLoader(diagnostics: diagnostics)
if let path {
    loader.load(SourceText(name: path, bytes: try slurp(path)))
} else {
    for source in StarterRules.sources { loader.load(source) }
}
print(diagnostics.text)
let rules = try RuleSet(loader.rules)
print("rules", rules.rules.count, "kinds", rules.kinds, "bytes/event", lines.count / events)
let settings = ReplaySettings(rules: rules, timing: .init(), shards: shards)
let plan = settings.plan
func layer(_ name: String, _ body: () throws -> Void) rethrows {
    let start = now()
    try body()
    let s = now() - start
    print(name, Int(s * 1e9 / Double(events)), "ns/event", Int(Double(events) / s), "events/s")
}
var decoder = try EventDecoder(
    tracked: TrackedNames(kinds: plan.kinds.map(\.name), signals: plan.signals))
try layer("decode") {
    let source = MemorySource(lines.bytes)
    var more = true
    while more { more = try source.read(4096) { line, _ in _ = decoder.decode(line) } }
}
var bytes = 0
try layer("ingest") {
    var task = IngestTask(plan: plan, source: 0, sources: 1)
    let source = MemorySource(lines.bytes)
    var offset: Int64 = 0
    var more = true
    while more {
        more = try source.read(4096) { line, _ in
            task.ingest(line, offset: offset, timestampMs: nil, decoder: &decoder)
            offset += 1
        }
        task.flush { bytes += $1.count }
    }
}
print("block bytes/event", bytes / events)
let start = now()
let report = try await Replay(settings).run([MemorySource(lines.bytes)])
let s = now() - start
print("all", Int(s * 1e9 / Double(events)), "ns/event", Int(Double(events) / s), "events/s")
print(report.ingest.processed, report.entities)
