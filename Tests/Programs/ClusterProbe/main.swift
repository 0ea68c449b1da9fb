import ClusterSimulation
import Glibc

// Runs the copying program in simulated clusters: cluster-probe [SEED] [SEEDS] [SECONDS] [healthy] [trace], and
// one of the planted defects reuse, unstable, uncommitted. Prints a line for each seed that went wrong, and the
// sums.
let arguments = Array(CommandLine.arguments.dropFirst())
let numbers = arguments.compactMap { UInt64($0) }
let first = numbers.first ?? 1
let seeds = numbers.count > 1 ? numbers[1] : 1
let seconds = numbers.count > 2 ? Int64(numbers[2]) : 60

func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

var wrong = 0
var events = 0
var batches = 0
var faults = 0
let start = processorSeconds()
for seed in first..<first + seeds {
    var settings = ClientSettings()
    settings.readsUnstableOffsets = arguments.contains("unstable")
    settings.readsUncommitted = arguments.contains("uncommitted")
    let workload = CopyWorkload(
        seed: seed, reusesBrokenProducer: arguments.contains("reuse"), settings: settings)
    workload.world.trace.isOn = arguments.contains("trace")
    let report = workload.run(seconds: seconds, faulty: !arguments.contains("healthy"))
    events += report.events
    batches += report.batches
    faults += report.faults
    if seeds == 1 { print("fingerprint \(report.fingerprint)") }
    guard !report.isExact || seeds == 1 else { continue }
    wrong += report.isExact ? 0 : 1
    print("seed \(seed): \(report)")
    if arguments.contains("trace") { print(workload.world.trace.lines.joined(separator: "\n")) }
}
let used = processorSeconds() - start
print(
    "\(seeds) seeds, \(wrong) wrong, \(faults) faults, \(batches) commit batches, \(events) events, "
        + "\(used) s, \(Int(Double(events) / used)) events/s")
