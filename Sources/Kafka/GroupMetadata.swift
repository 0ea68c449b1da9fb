import CRdkafka

/// A group membership (member, generation) as it was at one moment.
///
/// Unchecked Sendable: the C object is constant after its creation.
public final class GroupMetadata: @unchecked Sendable {
    /// nil for a consumer without a group.
    let pointer: OpaquePointer?

    init(capturedFrom client: Client) {
        pointer = rd_kafka_consumer_group_metadata(client.handle)
    }

    deinit { if let pointer { rd_kafka_consumer_group_metadata_destroy(pointer) } }
}
