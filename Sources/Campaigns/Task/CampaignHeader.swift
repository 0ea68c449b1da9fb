import Detection
import Primitives

/// What a snapshot of a CAMPAIGN task holds beside its graph, records and episodes: where the task stood.
struct CampaignHeader {
    /// A rule the task ran.
    struct RunRule {
        var id: String
        var digest: UInt64
    }

    static let version: UInt8 = 2

    var rules: [RunRule] = []
    /// A digest of the settings and of what feeds campaigns: with others, all clusters are looked at anew.
    var basis: UInt64 = 0
    var tick: Int64 = 0
    var population = 0
    var accountsOfSource: [Int] = []
    var progress = EvidenceProgress()
    var wakes: [(point: Int64, items: [UInt64])] = []

    func encode(into buffer: inout ByteBuffer) {
        buffer.append(Self.version)
        buffer.append(varint: UInt64(rules.count))
        for rule in rules {
            buffer.append(sized: rule.id)
            buffer.append(integer: rule.digest)
        }
        buffer.append(integer: basis)
        encodePlace(into: &buffer)
        buffer.append(varint: UInt64(wakes.count))
        for (point, keys) in wakes {
            buffer.append(zigzag: point)
            buffer.append(varint: UInt64(keys.count))
            for key in keys { buffer.append(integer: key) }
        }
    }

    /// Appends the part that is state.
    func encodePlace(into buffer: inout ByteBuffer) {
        buffer.append(zigzag: tick)
        buffer.append(varint: UInt64(population))
        buffer.append(varint: UInt64(accountsOfSource.count))
        for accounts in accountsOfSource { buffer.append(varint: UInt64(accounts)) }
        progress.encode(into: &buffer)
    }

    init() {}

    /// Reads a header that is all of `item`; nil where the bytes are none.
    init?(_ item: ByteSlice) {
        var reader = ByteReader(item)
        guard reader.integer(UInt8.self) == Self.version, let count = reader.count() else {
            return nil
        }
        for _ in 0..<count {
            guard let id = reader.sizedText(), let digest = reader.integer(UInt64.self) else {
                return nil
            }
            rules.append(RunRule(id: id, digest: digest))
        }
        guard let basis = reader.integer(UInt64.self), let tick = reader.zigzag(),
            (0...1 << 40).contains(tick),
            let population = reader.count(), population <= 1 << 40, let sources = reader.count(),
            sources <= 1 << 16
        else { return nil }
        (self.basis, self.tick, self.population) = (basis, tick, population)
        for _ in 0..<sources {
            guard let accounts = reader.count(), accounts <= 1 << 40 else { return nil }
            accountsOfSource.append(accounts)
        }
        guard let progress = EvidenceProgress(&reader), let points = reader.count() else {
            return nil
        }
        self.progress = progress
        for _ in 0..<points {
            guard let point = reader.zigzag(), let count = reader.count(),
                count <= reader.remaining
            else { return nil }
            var keys: [UInt64] = []
            for _ in 0..<count {
                guard let key = reader.integer(UInt64.self) else { return nil }
                keys.append(key)
            }
            wakes.append((point, keys))
        }
        guard reader.remaining == 0 else { return nil }
    }
}
