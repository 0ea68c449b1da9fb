import Events
import Primitives
import Testing

/// Writes the wire format by hand.
struct Message {
    var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    func number(_ field: UInt64, _ value: Int64) -> Message {
        var copy = self
        copy.varint(field << 3)
        copy.varint(UInt64(bitPattern: value))
        return copy
    }

    func bytes(_ field: UInt64, _ content: [UInt8]) -> Message {
        var copy = self
        copy.varint(field << 3 | 2)
        copy.varint(UInt64(content.count))
        copy.bytes += content
        return copy
    }

    func text(_ field: UInt64, _ content: String) -> Message { bytes(field, Array(content.utf8)) }

    func raw(_ more: [UInt8]) -> Message {
        var copy = self
        copy.bytes += more
        return copy
    }

    func entry(_ field: UInt64, _ key: String, _ value: [UInt8]) -> Message {
        bytes(field, Message().text(1, key).bytes(2, value).bytes)
    }
}

@Suite struct ProtobufTests {
    static let message = Message().number(1, 1_780_000_000_000).text(2, "a1").text(8, "m")
        .entry(3, "ip", Array("10.0.0.1".utf8)).entry(3, "other", [1]).number(7, 200)
        .entry(4, "task", Message().text(4, "coding").bytes)

    /// A message with every field.
    static let whole = Message().number(1, 1_780_000_000_000).text(2, "a1").text(8, "m")
        .text(9, "o").text(10, "k").text(11, "s").text(12, "r").text(13, "chat").text(14, "p")
        .text(15, "pro").text(16, "u").number(5, 10).number(6, 20).number(7, 200).number(17, 2)
        .number(18, 3).number(19, 4).number(20, 5).number(21, 6).number(22, 1_700_000_000_000)
        .entry(3, "ip", Array("10.0.0.1".utf8)).entry(3, "device", [0x64])
        .entry(3, "payment", [0x70]).entry(3, "user_agent", [0x78])
        .entry(4, "task", Message().text(4, "coding").bytes)
        .entry(4, "flag", Message().number(1, 1).bytes)
        .entry(4, "score", Message().number(2, 8).bytes)

    func decode(_ message: Message) throws -> (Decoded, [String: String]) {
        var decoder = try EventDecoder(format: .protobuf, tracked: .sample)
        var fields: [String: String] = [:]
        let result = decoding(message.bytes, with: &decoder) { fields = Copied($0).fields }
        return (result, fields)
    }

    @Test func `a message is read`() throws {
        let (result, fields) = try decode(Self.message)
        #expect(result == .event)
        #expect(
            fields == [
                "time": "1780000000000", "account": "a1", "model": "m", "status": "200",
                "fingerprints.ip": "10.0.0.1", "signals.task": "coding",
            ])
    }

    @Test func `the last value wins`() throws {
        let again = Self.message.text(2, "a2").text(8, "").number(7, -1)
            .entry(3, "ip", Array("b".utf8)).entry(4, "task", [])
        let (result, fields) = try decode(again)
        #expect(result == .event)
        #expect(
            fields == [
                "time": "1780000000000", "account": "a2", "status": "-1", "fingerprints.ip": "b",
            ])
    }

    @Test func `unknown fields, groups and other wire types are passed over`() throws {
        // 100: varint; 101: fixed64; 102: bytes; 103: group with a nested group; 105: fixed32.
        let unknown = Self.message.number(100, -1).raw([0xA9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8])
            .bytes(102, [9, 9]).raw([0xBB, 0x06, 0x08, 0x01, 0x13, 0x14, 0xBC, 0x06])
            .raw([0xCD, 0x06, 1, 2, 3, 4])
            .number(2, 5).text(1, "x").number(3, 1)
        let (result, fields) = try decode(unknown)
        #expect(result == .event)
        #expect(fields == (try decode(Self.message)).1)
    }

    @Test(
        arguments: [
            [0x0A], [0x12, 0x05, 0x61], [0x0F], [0x09, 0x01], [0x10], [0x1C], [0x14],
            [0x1B, 0x08], [0x1B, 0x24],
            [0x08] + [UInt8](repeating: 0xFF, count: 10), [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [UInt8](repeating: 0x1B, count: 100),
        ] as [[UInt8]]) func `bytes that are no message are rejected`(_ bytes: [UInt8]) throws
    {
        let (result, _) = try decode(Message().raw(bytes))
        #expect(result == .rejected(.badProtobuf), "\(bytes)")
    }

    @Test func `only time and account refuse a message`() throws {
        let base = Message().number(1, 1_780_000_000_000).text(2, "a")
        let bad: [(Message, RejectReason)] = [
            (Message().text(2, "a"), .missingTime), (Message().number(1, 5), .badTime),
            (Message().text(1, "x"), .badTime),
            (Message().number(1, 1_780_000_000_000), .missingAccount),
            (base.text(2, ""), .missingAccount), (base.text(2, "N/A"), .missingAccount),
            (base.number(1, -1), .badTime),
        ]
        for (message, reason) in bad {
            #expect(try decode(message).0 == .rejected(reason), "\(reason)")
        }
    }

    @Test func `what cannot be used is left out or mended, and noted`() throws {
        let base = Message().number(1, 1_780_000_000_000).text(2, "a")
        let long = [UInt8](repeating: 0x78, count: 513)
        let cases: [(Message, EventField, FieldFlaw)] = [
            (base.bytes(2, long), .account, .shortened), (base.number(2, 7), .account, .wrongType),
            (base.number(5, -1), .inputTokens, .negative),
            (base.number(5, 1 << 32), .inputTokens, .range),
            (base.text(5, "5"), .inputTokens, .wrongType),
            (base.entry(3, "ip", long), .fingerprints, .shortened),
            (base.entry(3, "ip", [0x2D]), .fingerprints, .placeholder),
            (base.bytes(8, [0xFF]), .model, .invalidUTF8),
            (base.bytes(8, [0xC3]), .model, .invalidUTF8),
            (base.entry(3, "ip", [0x61, 0xED, 0xA0, 0x80]), .fingerprints, .invalidUTF8),
            (base.bytes(3, [0x0A, 0x05]), .fingerprints, .wrongType),
            (base.bytes(3, Message().number(2, 5).bytes), .fingerprints, .wrongType),
            (base.entry(4, "score", Message().number(2, .max).bytes), .signals, .range),
            (base.entry(4, "score", Message().text(1, "x").bytes), .signals, .wrongType),
            (base.entry(4, "score", [0x12, 0x07]), .signals, .wrongType),
            (base.number(22, 0), .accountCreated, .badTime),
        ]
        var decoder = try EventDecoder(format: .protobuf, tracked: .sample)
        for (message, field, flaw) in cases {
            let result = decoding(message.bytes, with: &decoder) {
                #expect($0.flawedFields == 1 << UInt32(field.rawValue), "\(field) \(flaw)")
                #expect($0.flaws(of: field) == FieldFlaws(flaw), "\(field) \(flaw)")
            }
            #expect(result == .event, "\(field) \(flaw)")
        }
    }

    @Test func `fingerprints and signals are kept whatever comes before them`() throws {
        let crowd = (0..<100).reduce(Message()) {
            $0.entry(3, "k\($1)", [0x78]).entry(4, "k\($1)", Message().number(1, 1).bytes)
        }
        let (result, fields) = try decode(crowd.raw(Self.message.bytes))
        #expect(result == .event)
        #expect(fields == (try decode(Self.message)).1)
    }

    @Test func `signals of every type are read`() throws {
        let signals: [([UInt8], String?)] = [
            (Message().number(1, 1).bytes, "true"), (Message().number(1, 0).bytes, "false"),
            (Message().number(2, 5).bytes, "-3"), (Message().text(4, "t").bytes, "t"),
            ([0x19] + withUnsafeBytes(of: (-2.9).bitPattern.littleEndian) { Array($0) }, "-2.9"),
            (Message().number(1, 1).text(4, "last").bytes, "last"), ([], nil),
        ]
        for (content, expected) in signals {
            let (result, fields) = try decode(Self.message.entry(4, "score", content))
            #expect(result == .event)
            #expect(fields["signals.score"] == expected)
        }
        let nan = [0x19] + withUnsafeBytes(of: Double.nan.bitPattern.littleEndian) { Array($0) }
        #expect(try decode(Self.message.entry(4, "score", nan)).1["signals.score"] == nil)
    }

    @Test func `a schema-registry frame is passed over`() throws {
        let header: [UInt8] = [0, 0, 0, 1, 2]
        for path: [UInt8] in [[0], [2, 0], [4, 2, 0], [2, 0x80, 0x01]] {
            let framed = Message().raw(header + path + Self.message.bytes)
            #expect(try decode(framed).1 == decode(Self.message).1)
        }
        #expect(try decode(Message().raw(header)).0 == .rejected(.truncatedFrame))
        #expect(try decode(Message().raw(header + [4, 2])).0 == .rejected(.truncatedFrame))
        #expect(try decode(Message().raw(header + [1])).0 == .rejected(.unknownSchema))
        #expect(try decode(Message().raw(header + [0x7E])).0 == .rejected(.unknownSchema))
        #expect(try decode(Message().raw([5, 1, 2])).0 == .rejected(.unknownSchema))
        var decoder = try EventDecoder()
        let json = header + Array(event().utf8)
        let result = decoding(json, with: &decoder) { #expect(text($0.account) == "a1") }
        #expect(result == .event)
    }

    @Test func `a message cut anywhere is never misread`() throws {
        let whole = Self.message
        for count in 0..<whole.bytes.count {
            let (result, fields) = try decode(Message().raw(Array(whole.bytes[..<count])))
            guard result == .event else { continue }
            #expect(fields.allSatisfy { (try? decode(whole).1[$0.key]) == $0.value })
        }
    }
}
