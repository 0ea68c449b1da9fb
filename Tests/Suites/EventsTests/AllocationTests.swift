import Events
import TestSupport
import Testing

@Suite struct AllocationTests {
    /// Bare, full, escaped and rejected records, several shapes each.
    static var json: [[UInt8]] {
        let escaped = event(
            #""model":"\u00e9\ud83d\ude00\n","fingerprints":{"ip":"\/","x\u0041":"y"}"#)
        let padding = String(repeating: "é", count: 9000)
        return [
            JSONTests.full, event(), escaped, event("\"x\":[1,{\"y\":[\"\\n\"]}]"), "{}", "[", "3",
            event("\"turn\":\"x\""), event("\"time\":1"), event("\"fingerprints\":{\"ip\":\"1\"}"),
            String(repeating: "[", count: 500), event("\"pad\":\"\(padding)\""),
        ].map { Array($0.utf8) }
    }

    /// Decodes each record many times, reads what is there, and expects no allocation.
    func expectNone(_ records: [[UInt8]], _ decoder: inout EventDecoder) {
        func pass(_ decoder: inout EventDecoder) -> Int {
            var sum = 0
            var next = 0
            while next < records.count {
                defer { next += 1 }
                records[next].withUnsafeBytes { bytes in
                    guard decoder.decode(bytes) == .event else { return }
                    let event = decoder.event
                    sum &+= event.account.count &+ Int(event.time.ms)
                    sum &+= Int(event.number(.inputTokens) ?? 0)
                    sum &+= event.string(.model)?.count ?? 0
                    for i in 0..<event.fingerprintCount {
                        sum &+= event.fingerprintKind(i) &+ event.fingerprintValue(i).count
                    }
                    for i in 0..<event.signalCount {
                        sum &+= Int(event.signalThousandths(i) ?? 0) &+ event.signalText(i).count
                    }
                }
            }
            return sum
        }
        let warm = pass(&decoder)
        var sum = 0
        let count = allocations {
            for _ in 0..<1000 { sum &+= pass(&decoder) &- warm }
        }
        #expect(sum == 0)
        #expect(count == nil || count == 0, "\(count ?? 0)")
    }

    @Test func `decoding JSON allocates nothing once warm`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        expectNone(Self.json, &decoder)
    }

    @Test func `decoding through key-value lists allocates nothing once warm`() throws {
        var decoder = try EventDecoder(fieldMap: FieldMap(.otelGenAI), tracked: .sample)
        let list = PresetTests.listed(valueFirst: true)
        let span = "{\"startTimeUnixNano\":\"1780317296789000001\",\"attributes\":[\(list)]}"
        expectNone([Array(span.utf8)], &decoder)
    }

    @Test func `decoding Protobuf allocates nothing once warm`() throws {
        var decoder = try EventDecoder(format: .protobuf, tracked: .sample)
        let message = ProtobufTests.message
        expectNone(
            [
                message.bytes, message.text(8, "é").bytes, [0x0A], message.number(5, -1).bytes,
                [0, 0, 0, 0, 1, 0] + message.bytes,
            ], &decoder)
    }
}
