import Events
import Primitives

/// Makes JSON values of all types, sizes and depths, and Protobuf fields of all wire types, from a seed.
struct ValueMaker {
    private var random: SplitMix

    init(_ seed: UInt64) { random = SplitMix(seed) }

    mutating func below(_ limit: UInt64) -> UInt64 { random.next() % limit }

    private mutating func pick(_ texts: [StaticString], _ out: inout ByteBuffer) {
        out.append(texts[Int(below(UInt64(texts.count)))])
    }

    /// Appends a JSON value; its texts may have bytes that are not UTF-8, and halves of surrogate pairs.
    mutating func put(depth: Int, into out: inout ByteBuffer) {
        switch below(depth < 4 ? 11 : 8) {
        case 0: pick(["null", "true", "false"], &out)
        case 1, 2: number(&out)
        case 3: pick(Self.odd, &out)
        case 4, 5, 6: text(&out)
        case 7: below(20) == 0 ? nest(&out) : number(&out)
        case 8: list(depth, &out)
        default: object(depth, &out)
        }
    }

    private static let odd: [StaticString] = [
        "-1", "0", "-0.0", "1e400", "-1e-400", "5e9", "4294967295", "4294967296", "1780000000000",
        "\"-\"", "\"\"", "\"  \"", "\"N/A\"", "\"(none)\"", "\"1e3\"", "\"true\"",
        "\"1.2.3.4, ::1\"", "\"[::1]:80\"", "\"::ffff:1.2.3.4%x\"", "\"2026-06-01T12:00:00Z\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\\udc00\"", "[]", "{}", "[{}]", "{\"\":[]}",
    ]

    private mutating func number(_ out: inout ByteBuffer) {
        if below(4) == 0 { out.append(UInt8(ascii: "-")) }
        digits(1 + below(below(4) == 0 ? 40 : 10), &out, first: true)
        if below(3) == 0 {
            out.append(UInt8(ascii: "."))
            digits(1 + below(20), &out, first: false)
        }
        if below(5) == 0 {
            pick(["e", "E", "e+", "e-"], &out)
            digits(1 + below(below(4) == 0 ? 12 : 2), &out, first: false)
        }
    }

    private mutating func digits(_ count: UInt64, _ out: inout ByteBuffer, first: Bool) {
        for i in 0..<count {
            let least: UInt64 = first && i == 0 && count > 1 ? 1 : 0
            out.append(UInt8(ascii: "0") + UInt8(least + below(10 - least)))
        }
    }

    private mutating func text(_ out: inout ByteBuffer) {
        out.append(UInt8(ascii: "\""))
        let count = below(12) == 0 ? 250 + below(600) : below(20)
        let kind = below(5)
        for _ in 0..<count { character(kind, &out) }
        out.append(UInt8(ascii: "\""))
    }

    private mutating func character(_ kind: UInt64, _ out: inout ByteBuffer) {
        switch kind == 4 ? below(5) : min(kind, 2 * below(2) * kind) {
        case 0: out.append(UInt8(ascii: "a") + UInt8(below(26)))
        case 1:
            pick(["\\n", "\\\"", "\\\\", "\\u0000", "\\u00e9", "\\ud83d\\ude00", "\\ud83d"], &out)
        case 2: pick(["é", "€", "😀", " ", ":", ".", "~"], &out)
        case 3: out.append(UInt8(0x80 + below(128)))
        default: out.append(UInt8(ascii: "0") + UInt8(below(10)))
        }
    }

    private mutating func list(_ depth: Int, _ out: inout ByteBuffer) {
        out.append(UInt8(ascii: "["))
        for i in 0..<below(4) {
            if i > 0 { out.append(UInt8(ascii: ",")) }
            put(depth: depth + 1, into: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private mutating func object(_ depth: Int, _ out: inout ByteBuffer) {
        out.append(UInt8(ascii: "{"))
        for i in 0..<below(4) {
            if i > 0 { out.append(UInt8(ascii: ",")) }
            pick(
                [
                    "\"a\"", "\"time\"", "\"account\"", "\"ip\"", "\"device\"", "\"score\"",
                    "\"\\u0061\"",
                    "\"fingerprints\"", "\"deep\"",
                ], &out)
            out.append(UInt8(ascii: ":"))
            put(depth: depth + 1, into: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private mutating func nest(_ out: inout ByteBuffer) {
        let depth = 1 + below(300)
        for _ in 0..<depth { out.append("[") }
        for _ in 0..<depth { out.append("]") }
    }

    /// Bytes of one or two fields of a message: of the place's field in any wire type, or of an unknown one.
    mutating func message(_ place: PropertyTests.Place) -> [UInt8] {
        let number = place.field.map { Self.numbers[$0] ?? 1000 } ?? 23 + below(500)
        var message = Message()
        for _ in 0...below(2) { message = field(number, place, message) }
        return message.bytes
    }

    private static let numbers: [EventField: UInt64] = [
        .fingerprints: 3, .signals: 4, .inputTokens: 5, .outputTokens: 6, .status: 7, .model: 8,
        .organization: 9, .apiKey: 10, .session: 11, .id: 12, .operation: 13, .accessPath: 14,
        .plan: 15, .endUser: 16, .turn: 17, .cachedTokens: 18, .reasoningTokens: 19, .maxTokens: 20,
        .latencyMs: 21, .accountCreated: 22,
    ]

    private mutating func field(
        _ number: UInt64, _ place: PropertyTests.Place, _ message: Message
    ) -> Message {
        var message = message
        switch below(6) {
        case 0: return message.number(number, Int64(bitPattern: random.next() >> below(64)))
        case 1:
            message.varint(number << 3 | 1)
            return message.raw(bytes(8))
        case 2:
            message.varint(number << 3 | 5)
            return message.raw(bytes(4))
        case 3:
            message.varint(number << 3 | 3)
            message = message.number(9, 1).text(2, "group")
            message.varint(number << 3 | 4)
            return message
        default: return message.bytes(number, content(place))
        }
    }

    private mutating func content(_ place: PropertyTests.Place) -> [UInt8] {
        guard let parent = place.parent else { return noise() }
        let value = noise()
        guard parent == "signals" else {
            return Message().text(1, place.name).bytes(2, value).bytes
        }
        let signals = [
            Message().text(4, "v").bytes, Message().bytes(4, value).bytes,
            Message().number(2, Int64(bitPattern: random.next())).bytes,
            Message().raw([0x19]).raw(bytes(8)).bytes, value,
        ]
        let signal = signals[Int(below(UInt64(signals.count)))]
        return Message().text(1, place.name).bytes(2, signal).bytes
    }

    private mutating func noise() -> [UInt8] { bytes(below(10) == 0 ? below(700) : below(20)) }

    private mutating func bytes(_ count: UInt64) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
