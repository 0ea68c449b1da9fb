import Broker
import CRdkafka
import Primitives

/// One entry of a batch: a record, the end of a partition, or an error of a partition.
///
/// A view into librdkafka's memory: it and the slices it gives out are valid until the batch's closure
/// returns.
public struct Record {
    @usableFromInline let message: UnsafeMutablePointer<rd_kafka_message_t>
    @usableFromInline let state: UnsafeMutablePointer<PartitionState>

    @inlinable
    init(
        message: UnsafeMutablePointer<rd_kafka_message_t>,
        state: UnsafeMutablePointer<PartitionState>
    ) {
        self.message = message
        self.state = state
    }

    /// True for a record; false for the end of a partition and for errors.
    @inlinable
    public var isData: Bool { message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR }

    /// True when everything before `offset` has been delivered and nothing more is there yet.
    @inlinable
    public var isEndOfPartition: Bool {
        message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF
    }

    /// What went wrong with the partition; nil for records and ends.
    public var error: BrokerError? {
        guard !isData, !isEndOfPartition else { return nil }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
        return BrokerError(
            code: message.pointee.err.rawValue,
            action: "read \(topic)[\(message.pointee.partition)]", text: text)
    }

    /// The number the owner gave the partition when attaching it.
    @inlinable
    public var slot: Int { Int(state.pointee.slot) }

    /// The epoch the partition was attached with.
    @inlinable
    public var epoch: UInt32 { state.pointee.epoch }

    /// The partition's number.
    @inlinable
    public var partition: Int32 { message.pointee.partition }

    /// The record's offset; for the end of a partition, the next offset there will be.
    @inlinable
    public var offset: Int64 { message.pointee.offset }

    /// The broker's or producer's timestamp in epoch milliseconds; -1 where the record has none.
    @inlinable
    public var timestampMs: Int64 { rd_kafka_message_timestamp(message, nil) }

    /// The key's bytes; nil for a null key.
    @inlinable
    public var key: ByteSlice? {
        guard let start = message.pointee.key else { return nil }
        return ByteSlice(start: start, count: message.pointee.key_len)
    }

    /// The value's bytes; nil for a tombstone.
    @inlinable
    public var value: ByteSlice? {
        guard let start = message.pointee.payload else { return nil }
        return ByteSlice(start: start, count: message.pointee.len)
    }

    /// How many headers there are; parses them on first use.
    public var headerCount: Int {
        guard let headers else { return 0 }
        return rd_kafka_header_cnt(headers)
    }

    /// The header at `index` in the record's order; nil past the end.
    public func header(at index: Int) -> (name: String, value: ByteSlice?)? {
        guard let headers, index >= 0 else { return nil }
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        let code = rd_kafka_header_get_all(headers, index, &name, &value, &size)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let name else { return nil }
        return (String(cString: name), value.map { ByteSlice(start: $0, count: size) })
    }

    /// The value of the last header called `name`; nil without one, or where its value is null.
    public func header(_ name: String) -> ByteSlice? {
        guard let headers else { return nil }
        var value: UnsafeRawPointer?
        var size = 0
        let code = rd_kafka_header_get_last(headers, name, &value, &size)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return value.map { ByteSlice(start: $0, count: size) }
    }

    private var headers: OpaquePointer? {
        var headers: OpaquePointer?
        let code = rd_kafka_message_headers(message, &headers)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? headers : nil
    }
}

/// Entries of a shard's partitions, lent for the duration of a closure.
///
/// Within a partition, offsets rise; what is missing between two offsets are control records, aborted
/// records and what compaction removed. Duplicates and records of detached partitions are left out.
public struct RecordBatch: ~Copyable {
    @usableFromInline let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    @usableFromInline let states: UnsafeMutablePointer<UnsafeMutablePointer<PartitionState>?>
    /// Entries in the batch; possibly none.
    public let count: Int

    init(
        messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>,
        states: UnsafeMutablePointer<UnsafeMutablePointer<PartitionState>?>, count: Int
    ) {
        self.messages = messages
        self.states = states
        self.count = count
    }

    /// A way to the entries that may be kept as long as the batch is lent, and no longer.
    public var lookup: RecordLookup {
        RecordLookup(messages: messages, states: states, count: count)
    }

    /// True when nothing came within the time-out.
    public var isEmpty: Bool { count == 0 }

    /// The entry at `index`.
    @inlinable
    public subscript(index: Int) -> Record {
        precondition(index >= 0 && index < count, "batch index out of range")
        guard let message = messages[index], let state = states[index] else {
            preconditionFailure("a batch has no holes")
        }
        return Record(message: message, state: state)
    }

    /// Calls `body` for each entry in order.
    @inlinable
    public borrowing func forEach<E: Error>(_ body: (Record) throws(E) -> Void) throws(E) {
        for index in 0..<count { try body(self[index]) }
    }
}

/// A way to a batch's entries for whoever is lent it: valid until the batch's closure returns.
public struct RecordLookup {
    let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    let states: UnsafeMutablePointer<UnsafeMutablePointer<PartitionState>?>
    let count: Int

    /// The record of `slot` at `offset`, looked for from `index` on; nil where it is not there.
    public func record(slot: Int, offset: Int64, from index: Int) -> Record? {
        for i in max(0, index)..<max(0, index, count) {
            guard let message = messages[i], let state = states[i] else { continue }
            let record = Record(message: message, state: state)
            if record.isData, record.offset == offset, record.slot == slot { return record }
        }
        return nil
    }
}
