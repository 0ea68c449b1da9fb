import Events
import Primitives
import Topology

/// Finds every account that touched some fingerprints, what it did with them, and what else these accounts share.
///
/// Counted are the requests that carry a target; what an account does without one is not seen. Memory: about 150 bytes an
/// account and 100 a fingerprint of its touching requests, of which `Hunter.printsPerAccount` are kept.
public final class Hunter {
    /// What an account did with the targets.
    private struct Record {
        var name: [UInt8]
        var first: EventTime
        var last: EventTime
        var requests = 0
        var tokens = 0
        /// Targets touched, as indices.
        var touched: Set<Int> = []
        /// Fingerprints beside the targets, as indices of `prints`.
        var prints: Set<Int> = []
    }

    /// Fingerprints of an account that are kept; one that changes its address with each request has many.
    public static let printsPerAccount = 256

    private let targets: HuntTargets
    private let kinds: [Kind]
    private let range: Range<EventTime>
    private let gateways: Set<UInt64>
    private let ipKind: Int?
    private let subnetKind: Int?
    /// Targets by their key.
    private var wanted: [UInt64: Int] = [:]
    private var records: [UInt64: Record] = [:]
    private var printIndex: [UInt64: Int] = [:]
    private var prints: [(kind: Int, value: [UInt8], accounts: Int)] = []
    private let space = UnsafeMutableRawPointer.allocate(
        byteCount: IPAddress.maxTextBytes, alignment: 8)
    /// Events in the range.
    public private(set) var events = 0

    /// A hunt for `targets` in events whose decoder tracks `kinds`.
    ///
    /// - Parameters:
    ///   - range: event times that count.
    ///   - gateways: accounts whose end users are accounts of their own.
    ///   - derivesSubnets: whether an event's address stands for its subnet where it carries none.
    public init(
        _ targets: HuntTargets, kinds: [String], range: Range<EventTime>, gateways: [String] = [],
        derivesSubnets: Bool = true
    ) {
        self.targets = targets
        self.kinds = kinds.map { Kind($0) }
        self.range = range
        self.gateways = Set(gateways.map { xxh3($0, seed: Kind.account.seed) })
        ipKind = kinds.firstIndex(of: "ip")
        subnetKind = derivesSubnets ? kinds.firstIndex(of: "subnet") : nil
        for (index, name) in targets.accounts.enumerated() {
            wanted[xxh3(name, seed: Kind.account.seed)] = index
        }
        for (index, print) in targets.fingerprints.enumerated() {
            let key = xxh3(print.value, seed: Kind(print.kind).seed)
            wanted[key] = targets.accounts.count + index
        }
    }

    deinit { space.deallocate() }

    /// A request that touched a target.
    public struct Touch {
        /// When it was made.
        public var time: EventTime
        /// By whom.
        public var account: [UInt8]
        /// The request's id; nil where it has none.
        public var id: [UInt8]?
        /// Input and output tokens.
        public var tokens: Int
        /// The targets, as findings name them.
        public var targets: [String]
    }

    /// Takes in an event; what it touched, nil for nothing or an event outside of the range.
    @discardableResult
    public func observe(_ event: Event) -> Touch? {
        guard range.contains(event.time) else { return nil }
        events += 1
        let account = EventAccount.withName(of: event, gateways) { Array($0) }
        let key = account.withUnsafeBytes { xxh3($0, seed: Kind.account.seed) }
        var touched: Set<Int> = []
        if let index = wanted[key] { touched.insert(index) }
        forEachFingerprint(of: event) { _, _, key in
            if let index = wanted[key] { touched.insert(index) }
        }
        guard !touched.isEmpty else { return nil }
        let tokens =
            Int(event.number(.inputTokens) ?? 0) + Int(event.number(.outputTokens) ?? 0)
        add(event, account, key, touched, tokens)
        let names = targets.names
        return Touch(
            time: event.time, account: account, id: event.string(.id).map { Array($0) },
            tokens: tokens, targets: touched.sorted().map { names[$0] })
    }

    private func add(
        _ event: Event, _ account: [UInt8], _ key: UInt64, _ touched: Set<Int>, _ tokens: Int
    ) {
        let time = event.time
        var record = records[key] ?? Record(name: account, first: time, last: time)
        record.first = min(record.first, time)
        record.last = max(record.last, time)
        record.requests += 1
        record.tokens += tokens
        record.touched.formUnion(touched)
        forEachFingerprint(of: event) { kind, value, key in
            guard wanted[key] == nil, record.prints.count < Self.printsPerAccount else { return }
            let index = printIndex[key] ?? prints.count
            if index == prints.count {
                printIndex[key] = index
                prints.append((kind, Array(value), 0))
            }
            if record.prints.insert(index).inserted { prints[index].accounts += 1 }
        }
        records[key] = record
    }

    private func forEachFingerprint(
        of event: Event, _ body: (_ kind: Int, _ value: ByteSlice, _ key: UInt64) -> Void
    ) {
        var address: ByteSlice?
        var hasSubnet = false
        for i in 0..<event.fingerprintCount {
            let kind = event.fingerprintKind(i)
            let value = event.fingerprintValue(i)
            if kind == ipKind { address = value }
            if kind == subnetKind { hasSubnet = true }
            body(kind, value, kinds[kind].key(of: value))
        }
        guard let subnetKind, !hasSubnet, let address,
            let subnet = deriveSubnet(of: address, into: space)
        else { return }
        body(subnetKind, subnet, kinds[subnetKind].key(of: subnet))
    }

    // MARK: What came of it

    /// An account that touched a target.
    public struct Member: Sendable, Equatable {
        /// Its name; invalid UTF-8 is repaired.
        public var account: String
        /// Its first and last touching request.
        public var first: EventTime, last: EventTime
        /// Touching requests, and their tokens.
        public var requests: Int, tokens: Int
        /// The targets, as findings name them.
        public var touched: [String]
        /// Other fingerprints of its touching requests that other members have as well, those of most accounts first.
        public var shares: [Shared]
    }

    /// A fingerprint, and how many members have it.
    public struct Shared: Sendable, Equatable {
        /// As `kind:value`.
        public var fingerprint: String
        /// Members.
        public var accounts: Int
    }

    /// What at least two members share beside the targets, that of most accounts first, then by name.
    public var shared: [Shared] { ranked(prints.indices) }

    private func ranked(_ indices: some Sequence<Int>) -> [Shared] {
        indices.filter { prints[$0].accounts > 1 }.map { index in
            let print = prints[index]
            return Shared(
                fingerprint:
                    "\(kinds[print.kind].name):\(String(decoding: print.value, as: UTF8.self))",
                accounts: print.accounts)
        }.sorted { ($1.accounts, $0.fingerprint) < ($0.accounts, $1.fingerprint) }
    }

    /// The accounts that touched a target, by their first touch, then by name.
    public var members: [Member] {
        let names = targets.names
        return records.values.map { record in
            Member(
                account: String(decoding: record.name, as: UTF8.self), first: record.first,
                last: record.last, requests: record.requests, tokens: record.tokens,
                touched: record.touched.sorted().map { names[$0] }, shares: ranked(record.prints))
        }.sorted { ($0.first, $0.account) < ($1.first, $1.account) }
    }
}
