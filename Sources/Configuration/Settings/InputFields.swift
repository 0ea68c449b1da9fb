import Events
import YAML

/// Reads `input.fields`: where single fields are found.
enum InputFields {
    /// Fields of an event, as it spells them.
    private static let known = EventField.allCases.map(\.name)
    /// The fields that have a unit.
    private static let timed = EventField.allCases
        .filter { FieldMap.Target.field($0).takes(.seconds) }.map(\.name)
    /// Pointers of one field at most.
    static let mostPointers = 32

    private static let forms = "a JSON pointer, a list of them, or { pointer, unit }"

    @Sendable static func assign(
        _ settings: inout Settings, _ node: Node, _ diagnostics: Diagnostics
    ) {
        guard let pairs = node.pairs else {
            return diagnostics.error(
                "'input.fields' must be a mapping, not \(node.summary)", at: node)
        }
        for pair in pairs {
            guard let field = field(pair, diagnostics) else { continue }
            settings.input.fields.removeAll { $0.name == field.name }
            settings.input.fields.append(field)
        }
    }

    private static func field(_ pair: Node.Pair, _ diagnostics: Diagnostics) -> Settings.Field? {
        guard isKnown(pair, diagnostics) else { return nil }
        let what = "'input.fields.\(pair.name)'"
        var field = Settings.Field(name: pair.name, pointers: [])
        if pair.value.pairs != nil {
            guard var reader = MappingReader(pair.value, what, diagnostics) else { return nil }
            let places = reader.required("pointer")
            if let unit = reader.optional("unit") {
                field.unit = read(unit, of: pair.name, what, diagnostics)
            }
            reader.finish()
            guard let places else { return nil }
            field.pointers = pointers(places, what, diagnostics)
        } else {
            field.pointers = pointers(pair.value, what, diagnostics)
        }
        return field
    }

    private static func isKnown(_ pair: Node.Pair, _ diagnostics: Diagnostics) -> Bool {
        for map in ["fingerprints.", "signals."] where pair.name.hasPrefix(map) {
            if pair.name.count > map.count { return true }
        }
        if known.contains(pair.name) { return true }
        let others = "fingerprints.<kind> and signals.<name>"
        diagnostics.error(
            "events have no field '\(pair.name)'", at: pair.key,
            notes: suggestionNotes(for: pair.name, among: known)
                + ["fields: \(known.joined(separator: ", ")), \(others)"])
        return false
    }

    private static func read(
        _ unit: Node, of field: String, _ what: String, _ diagnostics: Diagnostics
    ) -> FieldMap.Unit? {
        guard timed.contains(field) else {
            diagnostics.error(
                "\(what) has no unit", at: unit,
                notes: ["fields with one: \(timed.joined(separator: ", "))"])
            return nil
        }
        return unit.choice("the unit of \(what)", among: FieldMap.Unit.named, diagnostics)
    }

    /// One pointer or several.
    private static func pointers(
        _ node: Node, _ what: String, _ diagnostics: Diagnostics
    ) -> [String] {
        guard let items = node.items else {
            return pointer(node, what, diagnostics).map { [$0] } ?? []
        }
        guard (1...mostPointers).contains(items.count) else {
            diagnostics.error("\(what) must have 1 ... \(mostPointers) pointers", at: node)
            return []
        }
        return items.compactMap { pointer($0, what, diagnostics) }
    }

    private static func pointer(
        _ node: Node, _ what: String, _ diagnostics: Diagnostics
    ) -> String? {
        guard let scalar = node.scalar, !scalar.isNull else {
            diagnostics.error("\(what) must be \(forms), not \(node.summary)", at: node)
            return nil
        }
        if let problem = Check.pointer(scalar.text) {
            diagnostics.error("\(what) \(problem)", at: node)
            return nil
        }
        return scalar.text
    }
}

/// Reads `input.timezone`.
enum Timezones {
    /// Minutes east of UTC of `UTC`, `Z` or an offset such as `+02:00`, `+0200` or `-05:30`; nil for others.
    static func minutes(_ text: String) -> Int? {
        if ["UTC", "Z"].contains(text.uppercased()) { return 0 }
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        let digits = text.dropFirst().filter { $0 != ":" }
        let isWellFormed =
            digits.count == 4 && digits.allSatisfy { ("0"..."9").contains($0) }
            && (text.count == 5 || text.count == 6 && Array(text)[3] == ":")
        guard isWellFormed, let number = Int(digits), number % 100 < 60, number <= 1_400 else {
            return nil
        }
        let minutes = number / 100 * 60 + number % 100
        return sign == "-" ? -minutes : minutes
    }

    @Sendable static func assign(
        _ settings: inout Settings, _ node: Node, _ diagnostics: Diagnostics
    ) {
        guard let text = node.text("'input.timezone'", diagnostics) else { return }
        guard let minutes = minutes(text) else {
            return diagnostics.error(
                "'input.timezone' must be UTC or an offset such as +02:00, not \(node.summary)",
                at: node,
                notes: [
                    "names such as Europe/Berlin are refused: where clocks change, times of an hour are told twice"
                ])
        }
        settings.input.zoneMinutes = minutes
    }
}
