import Detection
import Primitives
import Snapshots
import Topology

/// How far the restore of a CAMPAIGN task has come.
///
/// The newest snapshot is read first, so what is known of a key already is newer than what comes.
final class CampaignRestoring {
    /// What a rule said of a fingerprint.
    struct LoadedLead {
        var rule: String
        var isOpen: Bool
        var isTold: Bool
        var start: EventTime
        var time: EventTime
        var evidence: [(name: String, value: EvidenceValue)]
    }

    struct LoadedFingerprint {
        var key: UInt64
        var kind: String
        var value: [UInt8]
        var accountsPerEdge: Int
        var isAttached: Bool
        var isDirty: Bool
        var isOfLarge: Bool
        var record: UInt64?
        var apartSince: EventTime?
        var leads: [LoadedLead]
    }

    struct LoadedAccount {
        var key: UInt64
        var name: [UInt8]
        var created: EventTime?
        var row: MemberRow?
        var edges: [(fingerprint: UInt64, edge: EdgeState)]
    }

    /// The pages, as they come.
    var pages: PageSequence
    var header: CampaignHeader?
    /// The place of each rule that was run among those that are.
    var places: [Int?] = []
    var episodes: EpisodeTableReader?
    private(set) var fingerprints: [UInt64: LoadedFingerprint] = [:]
    private(set) var accounts: [UInt64: LoadedAccount] = [:]
    private var removedFingerprints: Set<UInt64> = []
    private var removedAccounts: Set<UInt64> = []
    /// Removals of the snapshot being read: they say nothing of its own items.

    init(_ manifest: Manifest) { pages = PageSequence(manifest) }

    func loadRemoved(_ item: ByteSlice) throws(RestoreError) {
        var reader = ByteReader(item)
        guard let what = reader.integer(UInt8.self), what < 2,
            let key = reader.integer(UInt64.self), reader.remaining == 0
        else { throw .corrupted }
        // What is known of the key is newer than its removal.
        if what == 0, fingerprints[key] == nil { removedFingerprints.insert(key) }
        if what == 1, accounts[key] == nil { removedAccounts.insert(key) }
    }

    func loadFingerprint(_ item: ByteSlice) throws(RestoreError) {
        var reader = ByteReader(item)
        guard let key = reader.integer(UInt64.self), let kind = reader.sizedText(),
            let value = reader.sizedBytes(), let perEdge = reader.count(),
            let flags = reader.integer(UInt8.self), flags < 8,
            let record = reader.optional({ $0.integer(UInt64.self) }),
            let apartSince = reader.optional({ $0.time() }), let count = reader.count(),
            !kind.isEmpty
        else { throw .corrupted }
        var leads: [LoadedLead] = []
        for _ in 0..<count {
            guard let lead = Self.lead(&reader) else { throw .corrupted }
            leads.append(lead)
        }
        guard reader.remaining == 0 else { throw .corrupted }
        guard fingerprints[key] == nil, !removedFingerprints.contains(key) else { return }
        fingerprints[key] = LoadedFingerprint(
            key: key, kind: kind, value: value, accountsPerEdge: perEdge,
            isAttached: flags & 1 != 0, isDirty: flags & 2 != 0, isOfLarge: flags & 4 != 0,
            record: record, apartSince: apartSince, leads: leads)
    }

    private static func lead(_ reader: inout ByteReader) -> LoadedLead? {
        guard let rule = reader.sizedText(), let flags = reader.integer(UInt8.self), flags < 4,
            let start = reader.time(), let time = reader.time(), let count = reader.count()
        else { return nil }
        var evidence: [(name: String, value: EvidenceValue)] = []
        for _ in 0..<count {
            guard let name = reader.sizedText(), let value = EvidenceValue(&reader) else {
                return nil
            }
            evidence.append((name, value))
        }
        return LoadedLead(
            rule: rule, isOpen: flags & 1 != 0, isTold: flags & 2 != 0, start: start, time: time,
            evidence: evidence)
    }

    func loadAccount(_ item: ByteSlice) throws(RestoreError) {
        var reader = ByteReader(item)
        guard let key = reader.integer(UInt64.self), let name = reader.sizedBytes(),
            let created = reader.optional({ $0.time() }),
            let row = reader.optional({ Self.row(&$0) }), let count = reader.count()
        else { throw .corrupted }
        var edges: [(fingerprint: UInt64, edge: EdgeState)] = []
        for _ in 0..<count {
            guard let print = reader.integer(UInt64.self), let first = reader.time(),
                let last = reader.time(), let requests = reader.count(),
                let tokens = reader.count(), requests <= EdgeState.most, tokens <= EdgeState.most
            else { throw .corrupted }
            let edge = EdgeState(
                fingerprint: -1, place: 0, firstSeen: first, lastSeen: last,
                requests: Int64(requests), tokens: Int64(tokens))
            edges.append((print, edge))
        }
        guard reader.remaining == 0 else { throw .corrupted }
        guard accounts[key] == nil, !removedAccounts.contains(key) else { return }
        accounts[key] = LoadedAccount(
            key: key, name: name, created: created, row: row, edges: edges)
    }

    private static func row(_ reader: inout ByteReader) -> MemberRow? {
        guard let campaign = reader.findingID(),
            let kind = reader.sizedText().flatMap(CampaignClass.init(rawValue:)),
            let since = reader.time(), let confidence = reader.count(), let ties = reader.count(),
            let closed = reader.optional({ $0.time() })
        else { return nil }
        return MemberRow(
            campaign: campaign, campaignClass: kind, since: since, confidence: confidence,
            ties: ties, closed: closed)
    }
}
