import Aggregation
import Primitives

/// How shapes are written in a task's header: counts and windows LEB128, names with their length before them.
extension StateShape {
    /// Appends the shape to `buffer`.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(names: kinds)
        buffer.append(keepsAccounts ? 1 : 0)
        buffer.append(varint: UInt64(sampleSize))
        accounts.encode(into: &buffer)
        fingerprints.encode(into: &buffer)
    }

    /// Reads a shape; nil where the bytes are none.
    init?(_ reader: inout ByteReader) {
        guard let kinds = reader.names(limit: 254), let keeps = reader.integer(UInt8.self),
            keeps <= 1, let size = reader.varint(), (1...4096).contains(size),
            let accounts = StateSchema(&reader), let fingerprints = StateSchema(&reader)
        else { return nil }
        self.init(
            kinds: kinds, keepsAccounts: keeps == 1, accounts: accounts, fingerprints: fingerprints,
            sampleSize: Int(size))
    }
}

extension StateSchema {
    fileprivate func encode(into buffer: inout ByteBuffer) {
        buffer.append(names: measures)
        buffer.append(varint: UInt64(dimensions.count))
        for dimension in dimensions {
            buffer.append(name: dimension.name)
            buffer.append(dimension.isNamed ? 1 : 0)
            buffer.append(varint: UInt64(dimension.loadWindow))
        }
        buffer.append(varint: UInt64(minWindow))
        buffer.append(varint: UInt64(maxWindow))
        buffer.append((tracksHours ? 1 : 0) | (tracksAge ? 2 : 0))
    }

    fileprivate init?(_ reader: inout ByteReader) {
        guard let measures = reader.names(limit: StateSchema.limit), !measures.isEmpty,
            let count = reader.varint(), count <= UInt64(StateSchema.limit)
        else { return nil }
        var dimensions: [Dimension] = []
        for _ in 0..<count {
            guard let name = reader.name(), let named = reader.integer(UInt8.self), named <= 1,
                let window = reader.panes()
            else { return nil }
            dimensions.append(Dimension(name: name, isNamed: named == 1, loadWindow: window))
        }
        guard let least = reader.panes(), let most = reader.panes(),
            let kept = reader.integer(UInt8.self), kept <= 3
        else { return nil }
        self.init(
            measures: measures, dimensions: dimensions, minWindow: least, maxWindow: most,
            tracksHours: kept & 1 != 0, tracksAge: kept & 2 != 0)
    }
}

extension ByteBuffer {
    /// Appends a text with its length before it.
    mutating func append(name: String) {
        append(varint: UInt64(name.utf8.count))
        append(text: name)
    }

    fileprivate mutating func append(names: [String]) {
        append(varint: UInt64(names.count))
        for name in names { append(name: name) }
    }
}

extension ByteReader {
    /// Reads a text with its length before it.
    mutating func name() -> String? {
        guard let count = varint(), count <= UInt64(remaining) else { return nil }
        return bytes(Int(count)).map { String(decoding: $0, as: UTF8.self) }
    }

    fileprivate mutating func names(limit: Int) -> [String]? {
        guard let count = varint(), count <= UInt64(limit) else { return nil }
        var names: [String] = []
        for _ in 0..<count {
            guard let name = name() else { return nil }
            names.append(name)
        }
        return names
    }

    fileprivate mutating func panes() -> UInt32? { varint().flatMap { UInt32(exactly: $0) } }
}
