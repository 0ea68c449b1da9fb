import YAML

/// Where a setting is stored.
typealias Place<Field> = WritableKeyPath<Settings, Field> & Sendable

/// Makers of keys, one per type of value.
extension Key {
    static func text(
        _ name: String, _ place: any Place<String>, option: String? = nil, type: String,
        default value: String, effect: String, example: String,
        check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Key {
        Key(
            name: name, type: type, values: .text, option: option, defaultValue: value,
            effect: effect, example: example
        ) { settings, node, diagnostics in
            guard let text = node.text("'\(name)'", diagnostics) else { return }
            if let problem = check(text) {
                diagnostics.error("'\(name)' \(problem)", at: node)
            }
            settings[keyPath: place] = text
        }
    }

    static func integer(
        _ name: String, _ place: any Place<Int>, option: String? = nil,
        in range: ClosedRange<Int64>, default value: String, effect: String, example: String
    ) -> Key {
        Key(
            name: name, type: "integer, \(range.lowerBound) ... \(range.upperBound)",
            values: .integer(range), option: option, defaultValue: value, effect: effect,
            example: example
        ) { settings, node, diagnostics in
            if let number = node.integer("'\(name)'", in: range, diagnostics) {
                settings[keyPath: place] = Int(number)
            }
        }
    }

    static func duration(
        _ name: String, _ place: any Place<Int64>, in range: ClosedRange<Int64>,
        default value: String, effect: String, example: String
    ) -> Key {
        let limits =
            "\(durationText(ms: range.lowerBound)) ... \(durationText(ms: range.upperBound))"
        return Key(
            name: name, type: "duration, \(limits)", values: .duration(range), option: nil,
            defaultValue: value, effect: effect, example: example
        ) { settings, node, diagnostics in
            if let ms = node.durationMs("'\(name)'", in: range, diagnostics) {
                settings[keyPath: place] = ms
            }
        }
    }

    static func size(
        _ name: String, _ place: any Place<Int64>, in range: ClosedRange<Int64>,
        default value: String, effect: String, example: String
    ) -> Key {
        Key(
            name: name,
            type: "size, \(sizeText(range.lowerBound)) ... \(sizeText(range.upperBound))",
            values: .size(range), option: nil, defaultValue: value, effect: effect,
            example: example
        ) { settings, node, diagnostics in
            if let bytes = node.sizeBytes("'\(name)'", in: range, diagnostics) {
                settings[keyPath: place] = bytes
            }
        }
    }

    static func choice<Word: RawRepresentable & CaseIterable & SendableMetatype>(
        _ name: String, _ place: any Place<Word>, option: String? = nil, default value: Word,
        effect: String, example: String
    ) -> Key where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        return Key(
            name: name, type: words.joined(separator: " | "), values: .choice(words),
            option: option, defaultValue: value.rawValue, effect: effect, example: example
        ) { settings, node, diagnostics in
            if let word = node.choice("'\(name)'", of: Word.self, diagnostics) {
                settings[keyPath: place] = word
            }
        }
    }

    static func list(
        _ name: String, _ place: any Place<[String]>, of type: String, limit: Int,
        default value: String = "[]", effect: String, example: String,
        check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Key {
        Key(
            name: name, type: "list of \(type), at most \(limit)", values: .list, option: nil,
            defaultValue: value, effect: effect, example: example
        ) { settings, node, diagnostics in
            guard let texts = node.texts("'\(name)'", limit: limit, diagnostics) else { return }
            if let problem = texts.lazy.compactMap(check).first {
                diagnostics.error("'\(name)' \(problem)", at: node)
            } else {
                settings[keyPath: place] = texts
            }
        }
    }

    static func mapping(
        _ name: String, _ place: any Place<[Settings.Pair]>, option: String? = nil,
        of type: String, effect: String, example: String,
        check: @escaping @Sendable (Settings.Pair) -> String? = { _ in nil }
    ) -> Key {
        Key(
            name: name, type: "mapping of \(type)", values: .mapping, option: option,
            defaultValue: "{}", effect: effect, example: example
        ) { settings, node, diagnostics in
            guard let read = pairs(node, name, diagnostics) else { return }
            for pair in read {
                if let problem = check(pair) {
                    diagnostics.error("'\(name).\(pair.name)' \(problem)", at: node)
                }
                settings[keyPath: place].removeAll { $0.name == pair.name }
                settings[keyPath: place].append(pair)
            }
        }
    }

    private static func pairs(
        _ node: Node, _ name: String, _ diagnostics: Diagnostics
    ) -> [Settings.Pair]? {
        guard let pairs = node.pairs else {
            diagnostics.error("'\(name)' must be a mapping, not \(node.summary)", at: node)
            return nil
        }
        return pairs.compactMap { pair in
            let what = "'\(name).\(pair.name)'"
            guard let value = pair.value.text(what, diagnostics) else { return nil }
            return Settings.Pair(name: pair.name, value: value)
        }
    }
}

/// A size as one would write it: the largest unit that leaves no rest.
func sizeText(_ bytes: Int64) -> String {
    for (unit, size) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
    where bytes != 0 && bytes % (1 << Int64(size)) == 0 {
        return "\(bytes >> Int64(size))\(unit)"
    }
    return "\(bytes)"
}
