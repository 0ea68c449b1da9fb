import Events
import TestSupport

/// Records that hold several events, as gateways send them.
extension Workload {
    /// How the decoder finds the events of a record.
    var fieldMap: FieldMap {
        var map = FieldMap(.stillwatch)
        if isBatched { map.records = "/events" }
        return map
    }

    /// Packs runs of records into one record each. A run is as long as chance has it, and its records'
    /// timestamps lie close together; the record comes when its last event does.
    mutating func pack(_ seed: UInt64) {
        var random = TestRandom(seed: seed &+ 177)
        for partition in partitions.indices {
            let records = partitions[partition]
            var packed: [Record] = []
            var next = 0
            while next < records.count {
                let first = next
                next += Self.run(in: records[first...], &random)
                if let pending = pendingFrom[Int32(partition)],
                    Int64(first)..<Int64(next) ~= pending
                {
                    pendingFrom[Int32(partition)] = Int64(packed.count)
                }
                packed.append(Self.record(of: records[first..<next]))
            }
            partitions[partition] = packed
        }
    }

    /// How many of the records at the front become one.
    private static func run(in records: ArraySlice<Record>, _ random: inout TestRandom) -> Int {
        guard let first = records.first else { return 0 }
        let most = Int.random(in: 1...6, using: &random)
        let run = records.prefix(most).prefix { abs($0.timestampMs - first.timestampMs) <= 10_000 }
        return run.count
    }

    private static func record(of run: ArraySlice<Record>) -> Record {
        var bytes = Array("{\"events\":[".utf8)
        for (number, record) in run.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += record.bytes
        }
        bytes += Array("]}".utf8)
        return Record(
            atMs: run.map(\.atMs).max() ?? 0, timestampMs: run.map(\.timestampMs).max() ?? 0,
            bytes: bytes)
    }
}
