import Primitives

/// What stands in front of a message.
enum Frame {
    /// The message starts at this offset.
    case body(Int)
    /// No message can be found.
    case rejected(RejectReason)

    /// Finds the message behind a Confluent schema-registry frame: a zero byte, a schema id of four bytes
    /// and, for Protobuf, the path of the message type in its schema. Bytes without a frame start with
    /// the message. No JSON text and no Protobuf message starts with a byte below 8, so the two cannot be
    /// mistaken for each other, and other frames of that kind (AWS Glue's is 3) are told apart.
    static func find(in bytes: ByteSlice, format: EventFormat) -> Frame {
        guard !bytes.isEmpty, bytes[0] < 8 else { return .body(0) }
        guard bytes[0] == 0 else { return .rejected(.unknownSchema) }
        var reader = ByteReader(bytes)
        guard reader.bytes(5) != nil else { return .rejected(.truncatedFrame) }
        switch format {
        case .json: return reader.remaining > 0 ? .body(5) : .rejected(.truncatedFrame)
        case .protobuf: return skipMessagePath(&reader)
        }
    }

    /// The path is a count and as many indexes, zigzag varints; the lone byte 0 is short for `[0]`.
    private static func skipMessagePath(_ reader: inout ByteReader) -> Frame {
        guard let coded = reader.varint() else { return .rejected(.truncatedFrame) }
        guard coded & 1 == 0, coded <= 32 else { return .rejected(.unknownSchema) }
        for _ in 0..<(coded / 2) where reader.varint() == nil {
            return .rejected(.truncatedFrame)
        }
        return .body(reader.offset)
    }
}
