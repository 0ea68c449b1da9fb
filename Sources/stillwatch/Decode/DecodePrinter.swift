import Events
import Primitives
import Topology

/// Shows decoded records: for people on a terminal, JSON Lines elsewhere.
struct DecodePrinter: ~Copyable {
    /// A value of an event, and where it was.
    private struct Value {
        var name: String
        var text: String
        var isNumber = false
        var pointer: String?
    }

    private let map: FieldMap
    private let tracked: TrackedNames
    private var output: Output

    init(map: FieldMap, tracked: TrackedNames) throws {
        let opened = try writing { () throws(OutputError) in try Output(path: nil) }
        self.map = map
        self.tracked = tracked
        output = opened
    }

    mutating func write(_ text: String) throws {
        try writing { () throws(OutputError) in try output.write(text: text) }
    }

    mutating func finish() throws {
        try writing { () throws(OutputError) in try output.finish() }
    }

    /// What came of a record, with line ends.
    func text(_ decoded: Decoded, _ decoder: borrowing EventDecoder, _ place: String) -> String {
        let place = decoder.element.map { "\(place), element \($0)" } ?? place
        switch decoded {
        case .skipped: return skip(place)
        case .rejected(let reason):
            return refusal(reason, decoder.rejectedField, decoder.lacksZone, place)
        case .event:
            let values = values(decoder)
            let flaws = Self.flaws(decoder.event)
            return Output.isTerminal ? table(place, values, flaws) : json(place, values, flaws)
        }
    }

    private func skip(_ place: String) -> String {
        if Output.isTerminal { return "\(place)\n  skipped: it holds no request\n" }
        var json = JSONWriter(capacity: 128)
        json.beginObject()
        json.member("place", place)
        json.member("skipped", "it holds no request")
        json.endObject()
        return json.buffer.string() + "\n"
    }

    private func refusal(
        _ reason: RejectReason, _ field: EventField?, _ lacksZone: Bool, _ place: String
    ) -> String {
        let hint = lacksZone ? RefusalHint.timezone.rawValue : nil
        if Output.isTerminal {
            let name = field.map { " (\($0.name))" } ?? ""
            return "\(place)\n  refused: \(reason.rawValue)\(name)\(hint.map { ": \($0)" } ?? "")\n"
        }
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.member("place", place)
        json.member("refused", reason.rawValue)
        if let field { json.member("field", field.name) }
        if let hint { json.member("hint", hint) }
        json.endObject()
        return json.buffer.string() + "\n"
    }

    // MARK: What an event has

    private func values(_ decoder: borrowing EventDecoder) -> [Value] {
        let event = decoder.event
        var values = EventField.allCases.compactMap { field in
            Self.value(of: field, in: event).map { text, isNumber in
                Value(
                    name: field.name, text: text, isNumber: isNumber,
                    pointer: decoder.pointer(of: .field(field), in: map))
            }
        }
        for i in 0..<event.fingerprintCount {
            let kind = tracked.kinds[event.fingerprintKind(i)]
            values.append(
                Value(
                    name: "fingerprints.\(kind)", text: Self.text(event.fingerprintValue(i)),
                    pointer: decoder.pointer(
                        of: .fingerprint(kind), item: event.fingerprintKind(i), in: map)))
        }
        for i in 0..<event.signalCount {
            let name = tracked.signals[event.signalIndex(i)]
            values.append(
                Value(
                    name: "signals.\(name)", text: Self.text(event.signalText(i)),
                    isNumber: event.signalThousandths(i) != nil,
                    pointer: decoder.pointer(
                        of: .signal(name), item: event.signalIndex(i), in: map)))
        }
        return values
    }

    /// A field's value as text, and whether it is a number.
    private static func value(of field: EventField, in event: Event) -> (String, Bool)? {
        guard event.has(field) else { return nil }
        switch field {
        case .time: return (Timestamp.rfc3339(ms: event.time.ms), false)
        case .accountCreated:
            return event.accountCreated.map { (Timestamp.rfc3339(ms: $0.ms), false) }
        case .account: return (text(event.account), false)
        case .fingerprints, .signals: return nil
        default: break
        }
        if let string = StringField(rawValue: field.rawValue) {
            return event.string(string).map { (text($0), false) }
        }
        return NumberField(rawValue: field.rawValue).flatMap { event.number($0) }.map {
            (String($0), true)
        }
    }

    private static func text(_ bytes: ByteSlice) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func flaws(_ event: Event) -> [(field: String, flaw: FieldFlaw)] {
        EventField.allCases.flatMap { field in
            let flaws = event.flaws(of: field)
            return FieldFlaw.allCases.filter { flaws.contains($0) }.map { (field.name, $0) }
        }
    }

    // MARK: Shapes

    private func table(
        _ place: String, _ values: [Value], _ flaws: [(field: String, flaw: FieldFlaw)]
    ) -> String {
        var table = TextTable(["  field", "value", "from"], numbers: [])
        for value in values { table.add(["  \(value.name)", value.text, value.pointer ?? ""]) }
        let notes = flaws.map { field, flaw in
            "  \(flaw.keepsValue ? "changed" : "left out"): \(field) (\(flaw.name))\n"
        }
        return "\(place)\n" + table.text + notes.joined()
    }

    private func json(
        _ place: String, _ values: [Value], _ flaws: [(field: String, flaw: FieldFlaw)]
    ) -> String {
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.member("place", place)
        json.key("event")
        json.beginObject()
        for value in values where !value.name.contains(".") {
            Self.member(value, value.name, &json)
        }
        for group in ["fingerprints", "signals"] { Self.group(group, values, &json) }
        json.endObject()
        json.key("from")
        json.beginObject()
        for value in values {
            guard let pointer = value.pointer else { continue }
            json.key(value.name)
            json.value(pointer)
        }
        json.endObject()
        for (name, keeps) in [("left_out", false), ("changed", true)] {
            let some = flaws.filter { $0.flaw.keepsValue == keeps }
            if !some.isEmpty { Self.list(name, some, &json) }
        }
        json.endObject()
        return json.buffer.string() + "\n"
    }

    private static func group(_ name: String, _ values: [Value], _ json: inout JSONWriter) {
        let members = values.filter { $0.name.hasPrefix(name + ".") }
        if members.isEmpty { return }
        json.key(name)
        json.beginObject()
        for value in members {
            member(value, String(value.name.dropFirst(name.count + 1)), &json)
        }
        json.endObject()
    }

    private static func list(
        _ name: String, _ flaws: [(field: String, flaw: FieldFlaw)], _ json: inout JSONWriter
    ) {
        json.key(name)
        json.beginArray()
        for (field, flaw) in flaws {
            json.beginObject()
            json.member("field", field)
            json.member("reason", flaw.name)
            json.endObject()
        }
        json.endArray()
    }

    private static func member(_ value: Value, _ name: String, _ json: inout JSONWriter) {
        json.key(name)
        if value.isNumber, let number = Int64(value.text) {
            json.value(number)
        } else {
            json.value(value.text)
        }
    }
}
