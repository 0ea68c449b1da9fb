import Broker
import Primitives

/// What a record had beside its value: kept with a dead letter, so that it can be produced again as it was.
public struct RecordOrigin: Sendable, Equatable {
    /// The key; nil for a null key.
    public private(set) var key: [UInt8]?
    /// The headers in their order.
    public private(set) var headers: [RecordHeader] = []
    /// The record's timestamp in epoch milliseconds; nil where it had none.
    public var timestampMs: Int64?
    /// Whether key and headers were over `maxBytes`, and are left out.
    public private(set) var isLeftOut = false

    /// Bytes of key and headers together that are kept: what is larger is left out altogether, since half a key
    /// is another key.
    public static let maxBytes = 16_384

    /// The origin of a record; copies what it is given.
    public init(
        key: ByteSlice? = nil, headers: [RecordHeader] = [], timestampMs: Int64? = nil
    ) {
        self.timestampMs = timestampMs
        let bytes = headers.reduce(key?.count ?? 0) { sum, header in
            sum + header.name.utf8.count + (header.value?.count ?? 0)
        }
        isLeftOut = bytes > Self.maxBytes
        if isLeftOut { return }
        self.key = key.map { Array($0) }
        self.headers = headers
    }
}
