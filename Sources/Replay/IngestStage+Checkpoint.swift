import Events
import Primitives
import Topology

/// What of the INGEST side goes into checkpoints: between rounds, when everything read is settled and flushed.
extension IngestStage {
    /// Whether a jump of some source waits for its next event: it is settled soon, and not kept.
    var hasPendingJump: Bool { sources.indices.contains { states[$0].task.hasPendingJump } }

    /// The clock of a source and what was counted of it.
    func standing(of source: Int) -> (clock: PartitionClock, counters: Counters) {
        (states[source].task.clock, states[source].counters)
    }

    /// Lets a source go on where it stood.
    func restore(_ state: SourceState, of source: Int) {
        states[source].task.begin(source, after: state.records - 1, clock: state.clock)
        states[source].counters = state.counters
    }

    /// Appends the refused records that are kept, the places of flaws, and what gaps follow from.
    func encode(into buffer: inout ByteBuffer) {
        for refusals in refused {
            buffer.append(varint: UInt64(refusals.count))
            for refusal in refusals {
                buffer.append(sized: refusal.place)
                refusal.letter.encode(into: &buffer)
            }
        }
        let places = flawPlaces.sorted { $0.key < $1.key }
        buffer.append(varint: UInt64(places.count))
        for (key, place) in places {
            buffer.append(varint: UInt64(key.source))
            buffer.append(varint: UInt64(key.flaw))
            buffer.append(sized: place)
        }
        ledger.encode(into: &buffer)
    }

    /// Reads what `encode` has written; false where it is something else.
    func restore(_ bytes: ByteSlice) -> Bool {
        var reader = ByteReader(bytes)
        for source in refused.indices {
            guard let count = reader.number() else { return false }
            for _ in 0..<count {
                guard let place = reader.sizedText(), let letter = DeadLetter(&reader) else {
                    return false
                }
                refused[source].append(ReplayDriver.Refusal(place: place, letter: letter))
            }
        }
        guard let places = reader.number() else { return false }
        for _ in 0..<places {
            guard let source = reader.number(), let flaw = reader.number(),
                let place = reader.sizedText()
            else { return false }
            flawPlaces[FlawKey(source: source, flaw: flaw)] = place
        }
        guard let ledger = GapLedger(&reader, sources: sources.count) else { return false }
        self.ledger = ledger
        return true
    }
}

/// A flaw of a field in a source.
struct FlawKey: Hashable, Comparable {
    var source: Int
    /// Tells fields with their flaws apart.
    var flaw: Int

    init(source: Int, flaw: Int) {
        self.source = source
        self.flaw = flaw
    }

    init(_ flawed: FieldCoverage.Flawed) {
        source = flawed.first.source
        flaw =
            Int(flawed.field.rawValue) * FieldFlaw.allCases.count + Int(flawed.flaw.rawValue)
    }

    static func < (a: FlawKey, b: FlawKey) -> Bool { (a.source, a.flaw) < (b.source, b.flaw) }
}
