import Aggregation
import Primitives

/// Reads partials written under one schema into the measures and dimensions of another.
///
/// Both sides name what they mean, so a block from an instance with other rules still serves for what both
/// know; what only one side knows is dropped or absent.
final class PartialReader {
    /// One entity class of the sender, mapped to the receiver's indices; -1 where it has none.
    private struct Class {
        var measureCount = 0
        var measures: [Int8] = []
        var wide: UInt32 = 0
        var dimensions: [Dimension] = []
    }
    private struct Dimension {
        /// A bit per own dimension of this name.
        var own: UInt16
        var isNamed: Bool
        var isAccount: Bool
        var seed: UInt64
    }

    /// The seed of a sender's kind, and the kind here; by the sender's code.
    private let kinds: UnsafeMutablePointer<(seed: UInt64, own: EntityKind?)>
    private let kindCount: Int
    private var measureMaps: (UnsafeMutablePointer<Int8>, UnsafeMutablePointer<Int8>)
    private var dimensionMaps: (UnsafeMutablePointer<Dimension>, UnsafeMutablePointer<Dimension>)
    private var measureCounts = (0, 0)
    /// A bit per measure that takes eight bytes.
    private var wideMeasures: (UInt32, UInt32) = (0, 0)
    private var measureBytes = (0, 0)
    private var dimensionCounts = (0, 0)
    private let measures: UnsafeMutablePointer<Int64>
    private let values: UnsafeMutablePointer<Partial.Value>
    private let ownMeasures: (Int, Int)
    private let ownDimensions: (Int, Int)

    /// A reader of blocks with `schema` for a task of `plan`.
    init(schema: ByteSlice, plan: TopologyPlan) throws(BlockError) {
        var reader = ByteReader(schema)
        var found: [(seed: UInt64, own: EntityKind?)] = [(Kind.account.seed, .account)]
        for name in try Self.names(&reader) {
            let index = plan.kinds.indices.first {
                plan.kinds[$0].name == name && plan.isEntityKind[$0]
            }
            found.append((Kind(name).seed, index.map { .fingerprint($0) }))
        }
        let accounts = try Self.readClass(&reader, plan.accounts)
        let fingerprints = try Self.readClass(&reader, plan.fingerprints)
        kindCount = found.count
        kinds = Self.copy(found)
        measureMaps = (Self.copy(accounts.measures), Self.copy(fingerprints.measures))
        dimensionMaps = (Self.copy(accounts.dimensions), Self.copy(fingerprints.dimensions))
        measureCounts = (accounts.measures.count, fingerprints.measures.count)
        wideMeasures = (accounts.wide, fingerprints.wide)
        measureBytes = (
            BlockFormat.measureBytes(count: measureCounts.0, wide: accounts.wide),
            BlockFormat.measureBytes(count: measureCounts.1, wide: fingerprints.wide)
        )
        dimensionCounts = (accounts.dimensions.count, fingerprints.dimensions.count)
        ownMeasures = (plan.accounts.measures.count, plan.fingerprints.measures.count)
        ownDimensions = (plan.accounts.dimensions.count, plan.fingerprints.dimensions.count)
        measures = .allocate(capacity: StateSchema.limit)
        measures.initialize(repeating: 0, count: StateSchema.limit)
        values = .allocate(capacity: StateSchema.limit)
        values.initialize(repeating: .absent, count: StateSchema.limit)
    }

    deinit {
        kinds.deallocate()
        measureMaps.0.deallocate()
        measureMaps.1.deallocate()
        dimensionMaps.0.deallocate()
        dimensionMaps.1.deallocate()
        measures.deallocate()
        values.deallocate()
    }

    private static func copy<T>(_ array: [T]) -> UnsafeMutablePointer<T> {
        let space = UnsafeMutablePointer<T>.allocate(capacity: max(1, array.count))
        for (i, element) in array.enumerated() { (space + i).initialize(to: element) }
        return space
    }

    private static func name(_ reader: inout ByteReader) throws(BlockError) -> String {
        guard let length = reader.integer(UInt8.self), let bytes = reader.bytes(Int(length)) else {
            throw .corrupt
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func names(_ reader: inout ByteReader) throws(BlockError) -> [String] {
        guard let count = reader.integer(UInt8.self) else { throw .corrupt }
        var names: [String] = []
        for _ in 0..<count { names.append(try name(&reader)) }
        return names
    }

    private static func readClass(
        _ reader: inout ByteReader, _ own: StateSchema
    ) throws(BlockError) -> Class {
        var result = Class()
        let measures = try names(&reader)
        guard measures.count <= StateSchema.limit else { throw .corrupt }
        result.wide = BlockFormat.wideMeasures(measures)
        for name in measures {
            result.measures.append(Int8(own.measures.firstIndex(of: name) ?? -1))
        }
        guard let count = reader.integer(UInt8.self), count <= StateSchema.limit else {
            throw .corrupt
        }
        for _ in 0..<count {
            guard let named = reader.integer(UInt8.self) else { throw .corrupt }
            let name = try name(&reader)
            result.dimensions.append(
                Dimension(
                    own: own.dimensions.indices.reduce(0) {
                        own.dimensions[$1].name == name ? $0 | 1 << UInt16($1) : $0
                    },
                    isNamed: named != 0, isAccount: name == Kind.account.name,
                    seed: Kind(name).seed))
        }
        return result
    }

    /// The seed and the kind here of what a partial is of; nil where no such entities are kept.
    @inline(__always)
    private func kind(code: UInt8) -> (seed: UInt64, own: EntityKind)? {
        guard Int(code) < kindCount, let own = kinds[Int(code)].own else { return nil }
        return (kinds[Int(code)].seed, own)
    }

    /// The length of the partial at the start of `bytes`; nil where it is cut off.
    @inline(__always)
    static func length(_ bytes: ByteSlice) -> Int? {
        guard bytes.count >= BlockFormat.partialHeaderSize else { return nil }
        let length = Int(bytes.loadUnaligned(as: UInt16.self))
        return length >= BlockFormat.partialHeaderSize && length <= bytes.count ? length : nil
    }

    /// The key of the entity a whole partial is of; nil where this side keeps no such entity.
    @inline(__always)
    func key(of partial: ByteSlice) -> UInt64? {
        guard let value = value(of: partial), let kind = kind(code: partial[2]) else { return nil }
        return xxh3(value, seed: kind.seed)
    }

    @inline(__always)
    private func value(of partial: ByteSlice) -> ByteSlice? {
        let start =
            BlockFormat.partialHeaderSize + (partial[2] == 0 ? measureBytes.0 : measureBytes.1)
        let length = Int(partial.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        guard length >= 1, start + length <= partial.count, let base = partial.baseAddress else {
            return nil
        }
        return ByteSlice(start: base + start, count: length)
    }

    /// Reads a whole partial whose entity has `key`; what it lends is valid until the next call.
    @inline(never)
    func read(_ partial: ByteSlice, key: UInt64) throws(BlockError) -> Partial {
        let isAccount = partial[2] == 0
        guard let value = value(of: partial), let kind = kind(code: partial[2]) else {
            throw .corrupt
        }
        readMeasures(of: partial, isAccount)
        let start =
            BlockFormat.partialHeaderSize + (isAccount ? measureBytes.0 : measureBytes.1)
            + value.count
        try readDimensions(ByteSlice(rebasing: partial[start...]), of: partial, isAccount)
        return Partial(
            key: key, kind: kind.own, value: value, measures: UnsafePointer(measures),
            values: UnsafePointer(values))
    }

    @inline(__always)
    private func readMeasures(of partial: ByteSlice, _ isAccount: Bool) {
        let count = isAccount ? measureCounts.0 : measureCounts.1
        let map = isAccount ? measureMaps.0 : measureMaps.1
        let wide = isAccount ? wideMeasures.0 : wideMeasures.1
        for m in 0..<(isAccount ? ownMeasures.0 : ownMeasures.1) { measures[m] = 0 }
        var at = BlockFormat.partialHeaderSize
        for m in 0..<count {
            let isWide = wide & (1 &<< UInt32(truncatingIfNeeded: m)) != 0
            if map[m] >= 0 {
                measures[Int(map[m])] =
                    isWide
                    ? partial.loadUnaligned(fromByteOffset: at, as: Int64.self)
                    : Int64(partial.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            }
            at += isWide ? 8 : 4
        }
    }

    @inline(__always)
    private func readDimensions(
        _ bytes: ByteSlice, of partial: ByteSlice, _ isAccount: Bool
    ) throws(BlockError) {
        let present = partial.loadUnaligned(fromByteOffset: 6, as: UInt16.self)
        let map = isAccount ? dimensionMaps.0 : dimensionMaps.1
        for d in 0..<(isAccount ? ownDimensions.0 : ownDimensions.1) { values[d].isPresent = false }
        var reader = ByteReader(bytes)
        for d in 0..<(isAccount ? dimensionCounts.0 : dimensionCounts.1)
        where present & 1 << UInt16(d) != 0 {
            let dimension = map[d]
            var value = Partial.Value.absent
            value.isPresent = true
            if dimension.isAccount { value.born = reader.integer(UInt32.self) ?? 0 }
            if dimension.isNamed {
                guard let length = reader.integer(UInt16.self), let text = reader.bytes(Int(length))
                else { throw .corrupt }
                value.name = text
                value.hash = xxh3(text, seed: dimension.seed)
            } else {
                guard let hash = reader.integer(UInt64.self) else { throw .corrupt }
                value.hash = hash
            }
            var own = dimension.own
            while own != 0 {
                values[own.trailingZeroBitCount] = value
                own &= own - 1
            }
        }
    }
}
