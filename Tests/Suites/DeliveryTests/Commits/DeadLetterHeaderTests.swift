import Broker
import Delivery
import Testing
import Topology

@Suite("Headers of dead letters")
struct DeadLetterHeaderTests {
    @Test("a record's own headers come back as they were, whatever their names")
    func roundTrip() {
        let own = [
            RecordHeader("trace", [1, 2]), .init("empty", []), .init("null", nil),
            .init("stillwatch_reason", [3]), .init("stillwatch_original_x", [4]),
            .init("trace", [5]),
        ]
        let kept = DeadLetterHeader.kept(own)
        let ours = [RecordHeader(DeadLetterHeader.reason, [9])]
        let restored = DeadLetterHeader.restored(kept + ours)
        #expect(restored == own)
        #expect(kept.count { $0.name == DeadLetterHeader.reason } == 0)
    }

    @Test("key and headers are kept up to a bound, and left out together above it")
    func bound() {
        let half = [UInt8](repeating: 1, count: RecordOrigin.maxBytes / 2)
        half.withUnsafeBytes { key in
            let fits = RecordOrigin(key: key, headers: [.init("", half)], timestampMs: 1)
            #expect(fits.key == half && fits.headers.count == 1 && !fits.isLeftOut)
            let over = RecordOrigin(key: key, headers: [.init("h", half)], timestampMs: 1)
            #expect(over.key == nil && over.headers.isEmpty && over.isLeftOut)
            #expect(over.timestampMs == 1)
        }
    }
}
