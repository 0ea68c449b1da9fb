import Broker
import CRdkafka

/// A group membership (member, generation) as it was at one moment.
///
/// Unchecked Sendable: the C object is constant after its creation.
public final class GroupMetadata: GroupMembership, @unchecked Sendable {
    /// nil for a consumer without a group, or that has never joined.
    let pointer: OpaquePointer?
    /// Counts the group's rebalances; -1 between memberships.
    public let generation: Int32
    /// All that the membership says, to tell two apart.
    private let identity: [UInt8]

    convenience init(capturedFrom client: Client) {
        self.init(taking: rd_kafka_consumer_group_metadata(client.handle))
    }

    /// No membership of `group`: for tools that commit while nobody is in it. Brokers take offsets under it in a
    /// transaction even while somebody is: ask before.
    public convenience init(nobodyIn group: String) {
        self.init(taking: rd_kafka_consumer_group_metadata_new(group))
    }

    private init(taking pointer: OpaquePointer?) {
        self.pointer = pointer
        identity = GroupMetadata.serialise(pointer)
        generation = GroupMetadata.generation(identity)
    }

    deinit { if let pointer { rd_kafka_consumer_group_metadata_destroy(pointer) } }

    /// Whether it is a membership at all.
    ///
    /// Between memberships librdkafka hands out generation -1, and brokers take offsets under that one from
    /// anybody: nothing may be committed then.
    public var isValid: Bool { pointer != nil && generation >= 0 }

    /// Whether two were captured within the same membership.
    public func isSame(as other: GroupMetadata) -> Bool { identity == other.identity }

    /// What librdkafka writes before the generation, from 1.6 to at least 2.15.
    private static let magic = Array("CGMDv2:".utf8)

    private static func serialise(_ pointer: OpaquePointer?) -> [UInt8] {
        guard let pointer else { return [] }
        var start: UnsafeMutableRawPointer?
        var size = 0
        let error = rd_kafka_consumer_group_metadata_write(pointer, &start, &size)
        guard error == nil, let start else {
            rd_kafka_error_destroy(error)
            return []
        }
        defer { rd_kafka_mem_free(nil, start) }
        return Array(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// The generation in a serialised membership; -1, which is no membership, in an unknown format.
    private static func generation(_ bytes: [UInt8]) -> Int32 {
        let end = magic.count + MemoryLayout<Int32>.size
        guard bytes.count >= end, bytes.starts(with: magic) else { return -1 }
        return bytes.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: magic.count, as: Int32.self)
        }
    }
}
