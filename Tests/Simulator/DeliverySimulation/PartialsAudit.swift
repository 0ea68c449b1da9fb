import Broker
import ClusterSimulation
import Delivery
import Primitives

/// What the committed blocks of the shuffle say, read by the layout alone: by another path than the engine's.
struct PartialsAudit {
    /// What is wrong, in words.
    private(set) var problems: [String] = []
    /// Events counted by the partials of accounts.
    private(set) var events = 0

    private struct Chain {
        var through: Int64
        var parts = 0
        var from: Int64 = -1
        var firstOpenPane: UInt32 = 0
    }

    init(_ cluster: Cluster) {
        var chains: [TopicPartition: [Int: Chain]] = [:]
        cluster.forEachCommitted(of: .partials) { record in
            guard let value = record.value else { return }
            read(value, record.offset, &chains[record.partition, default: [:]], record.partition)
        }
    }

    private mutating func read(
        _ block: ByteSlice, _ offset: Int64, _ chains: inout [Int: Chain],
        _ partition: TopicPartition
    ) {
        func load<T: BitwiseCopyable>(_ at: Int, _: T.Type) -> T {
            block.loadUnaligned(fromByteOffset: at, as: T.self)
        }
        let source = Int(load(8, UInt32.self))
        let from = load(16, Int64.self)
        let to = load(24, Int64.self)
        let isMore = load(4, UInt8.self) & 4 != 0
        let part = Int(load(5, UInt8.self))
        var chain = chains[source] ?? Chain(through: from)
        let isNext = part == 0 ? from == chain.through : from == chain.from && part == chain.parts
        if !isNext {
            problems.append(
                "\(partition) at \(offset): a block of source \(source) covers (\(from), \(to)], and the one "
                    + "before ends at \(chain.through)")
        }
        let firstOpenPane = load(44, UInt32.self)
        if firstOpenPane < chain.firstOpenPane {
            problems.append("\(partition) at \(offset): source \(source) goes back in time")
        }
        chain.firstOpenPane = firstOpenPane
        chain.from = from
        chain.parts = isMore ? part + 1 : 0
        if !isMore { chain.through = to }
        chains[source] = chain
        let schema = Int(load(6, UInt16.self))
        count(ByteSlice(rebasing: block[(68 + schema)...]))
    }

    /// Counts the requests of accounts: their partials' first measure.
    private mutating func count(_ body: ByteSlice) {
        var reader = ByteReader(body)
        while reader.remaining > 0 {
            guard reader.integer(UInt32.self) != nil, let size = reader.integer(UInt32.self),
                var partials = reader.bytes(Int(size))
            else { return problems.append("a section that ends early") }
            while partials.count >= 12 {
                let length = Int(partials.loadUnaligned(as: UInt16.self))
                if partials[2] == 0 {
                    events += Int(partials.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
                }
                partials = ByteSlice(rebasing: partials[length...])
            }
        }
    }
}
