import Primitives
import Replay
import Simulation

/// Records in memory as a source.
final class MemorySource: RecordSource {
    let name = "memory"
    private let records: [[UInt8]]
    private var next = 0

    init(_ records: [[UInt8]]) { self.records = records }

    var progress: (done: Int, total: Int)? { (next, records.count) }

    func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        for _ in 0..<count {
            guard next < records.count else { return false }
            records[next].withUnsafeBytes { body($0, nil) }
            next += 1
        }
        return true
    }
}

/// Simulated records and the account of each.
struct SimulatedRecords {
    private(set) var all: [[UInt8]] = []
    private var accounts: [[UInt8]] = []

    init(_ scenario: Scenario) {
        let generator = Generator(scenario)
        var buffer = ByteBuffer(capacity: 2048)
        while generator.nextRecord(
            using: &buffer,
            { key, value, _ in
                accounts.append(Array(key))
                all.append(Array(value))
            })
        {}
    }

    /// The records dealt out as a topic of `count` partitions keyed by account has them.
    func partitions(_ count: Int) -> [[[UInt8]]] {
        var parts = [[[UInt8]]](repeating: [], count: count)
        for (record, account) in zip(all, accounts) {
            let p = account.withUnsafeBytes { Generator.partition(ofAccount: $0, count: count) }
            parts[p].append(record)
        }
        return parts
    }
}
