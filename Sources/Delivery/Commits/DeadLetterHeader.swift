import Broker
import Topology

/// The headers of dead letters: ours, and those of the record they were made of.
public enum DeadLetterHeader {
    /// What the names of ours begin with.
    public static let prefix = "stillwatch_"
    /// In front of the name of a record's own header that begins as ours do.
    public static let originalPrefix = "stillwatch_original_"
    /// The topic the record was read from.
    public static let topic = "stillwatch_topic"
    /// Its partition.
    public static let partition = "stillwatch_partition"
    /// Its offset.
    public static let offset = "stillwatch_offset"
    /// Why it was refused.
    public static let reason = "stillwatch_reason"
    /// Bytes its value had.
    public static let size = "stillwatch_size"
    /// Its timestamp in epoch milliseconds; the dead letter's own is that of its writing.
    public static let timestamp = "stillwatch_timestamp"
    /// `key_and_headers` where they were over `RecordOrigin.maxBytes`.
    public static let leftOut = "stillwatch_left_out"
    /// The field the refusal is about, where one is.
    public static let field = "stillwatch_field"
    /// The number, from 0, of the event in a record of several.
    public static let element = "stillwatch_element"
    /// What would help with it, where that is known.
    public static let hint = "stillwatch_hint"

    /// Ours that tell the origin.
    static func more(of origin: RecordOrigin) -> [RecordHeader] {
        var headers: [RecordHeader] = []
        if let ms = origin.timestampMs { headers.append(RecordHeader(timestamp, String(ms))) }
        if origin.isLeftOut { headers.append(RecordHeader(leftOut, "key_and_headers")) }
        return headers
    }

    /// A record's own headers as a dead letter carries them.
    public static func kept(_ headers: [RecordHeader]) -> [RecordHeader] {
        headers.map { header in
            let isOurs = header.name.hasPrefix(prefix)
            return RecordHeader(isOurs ? originalPrefix + header.name : header.name, header.value)
        }
    }

    /// The headers a record had, from those of its dead letter.
    public static func restored(_ headers: [RecordHeader]) -> [RecordHeader] {
        headers.compactMap { header in
            if header.name.hasPrefix(originalPrefix) {
                let name = String(header.name.dropFirst(originalPrefix.count))
                return RecordHeader(name, header.value)
            }
            return header.name.hasPrefix(prefix) ? nil : header
        }
    }
}
