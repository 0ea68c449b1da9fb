import Primitives

/// A block written by hand, from the documented format.
struct BlockText {
    struct Partial {
        /// 0 is an account, i + 1 kind i.
        var kind: UInt8 = 0
        var value = "a"
        var measures: [UInt32] = [1]
        /// Bytes of the dimensions that are present, and their bits.
        var present: UInt16 = 0
        var dimensions: [UInt8] = []

        var bytes: [UInt8] {
            var buffer = ByteBuffer()
            let length = 8 + 4 * measures.count + value.utf8.count + dimensions.count
            buffer.append(integer: UInt16(length))
            buffer.append(kind)
            buffer.append(0)
            buffer.append(integer: UInt16(value.utf8.count))
            buffer.append(integer: present)
            for measure in measures { buffer.append(integer: measure) }
            buffer.append(text: value)
            for byte in dimensions { buffer.append(byte) }
            return buffer.array()
        }
    }

    var flags: UInt8 = 0
    var part: UInt8 = 0
    var source: UInt32 = 0
    var sources: UInt32 = 1
    var from: Int64 = -1
    var to: Int64 = 0
    var highestMs: Int64 = .min
    var lowestPane: UInt32 = .max
    var firstOpenPane: UInt32 = 0
    var paneMs: UInt32 = 10_000
    /// Kinds, then the measures of accounts and of fingerprints; no dimensions.
    var kinds: [String] = []
    var accountMeasures = ["requests"]
    var fingerprintMeasures = ["requests"]
    var accountDimensions: [(name: String, isNamed: Bool)] = []
    var sections: [(pane: UInt32, partials: [Partial])] = []

    private var schema: [UInt8] {
        var buffer = ByteBuffer()
        func put(_ names: [String]) {
            buffer.append(UInt8(names.count))
            for name in names {
                buffer.append(UInt8(name.utf8.count))
                buffer.append(text: name)
            }
        }
        put(kinds)
        put(accountMeasures)
        buffer.append(UInt8(accountDimensions.count))
        for dimension in accountDimensions {
            buffer.append(dimension.isNamed ? 1 : 0)
            buffer.append(UInt8(dimension.name.utf8.count))
            buffer.append(text: dimension.name)
        }
        put(fingerprintMeasures)
        buffer.append(0)
        return buffer.array()
    }

    var bytes: [UInt8] {
        let schema = schema
        var buffer = ByteBuffer()
        buffer.append(text: "SWB2")
        buffer.append(flags)
        buffer.append(part)
        buffer.append(integer: UInt16(schema.count))
        buffer.append(integer: source)
        buffer.append(integer: sources)
        for number in [from, to, highestMs] { buffer.append(integer: number) }
        for number in [lowestPane, firstOpenPane, paneMs] { buffer.append(integer: number) }
        buffer.append(integer: schema.withUnsafeBytes { xxh3($0) })
        buffer.append(integer: UInt32(0))
        let bodies = sections.map { $0.partials.flatMap(\.bytes) }
        buffer.append(integer: UInt32(bodies.reduce(0) { $0 + 8 + $1.count }))
        schema.withUnsafeBytes { buffer.append($0) }
        for (section, partials) in zip(sections, bodies) {
            buffer.append(integer: section.pane)
            buffer.append(integer: UInt32(partials.count))
            partials.withUnsafeBytes { buffer.append($0) }
        }
        return buffer.array()
    }
}
