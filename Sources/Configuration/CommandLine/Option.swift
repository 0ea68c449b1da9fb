/// An option of a command, as its one line in the command table.
public struct Option: Sendable {
    /// What follows the name.
    public enum Value: Equatable, Sendable {
        /// Nothing: the option is there or not.
        case flag
        /// Any text; the word stands for it in the help.
        case text(String)
        /// A whole number.
        case integer(String, ClosedRange<Int>)
        /// One of a few words.
        case choice([String])
        /// `name=value`.
        case pair(String)
    }

    /// The long name without hyphens; empty for one that has a letter only.
    public let name: String
    /// The letter of the short form.
    public let letter: Character?
    /// What follows.
    public let value: Value
    /// Whether it may be given more than once; otherwise a second one is an error.
    public let isRepeatable: Bool
    /// The key it sets, where it is the option of one.
    public let key: String?
    /// What it does: sentences, without its default.
    public let help: String
    /// The value when it is not given, for the help; empty where there is none.
    public let defaultValue: String

    /// An option; see the fields.
    public init(
        _ name: String, letter: Character? = nil, _ value: Value, isRepeatable: Bool = false,
        default defaultValue: String = "", help: String
    ) {
        self.name = name
        self.letter = letter
        self.value = value
        self.isRepeatable = isRepeatable
        key = nil
        self.defaultValue = defaultValue
        self.help = help
    }

    /// The option of the configuration key `name`, whose row has the option's name, its values and its default.
    ///
    /// - Parameters:
    ///   - placeholder: the word that stands for the value in the help, where it is no choice and no number.
    ///   - shownDefault: what the help says instead of the key's default.
    public init(
        setting name: String, _ placeholder: String = "n", isRepeatable: Bool = false,
        default shownDefault: String? = nil, help: String
    ) {
        guard let key = Key.named(name), let spelling = key.option else {
            preconditionFailure("no option sets '\(name)'")
        }
        let isLetter = !spelling.hasPrefix("--")
        self.name = isLetter ? "" : String(spelling.dropFirst(2))
        letter = isLetter ? spelling.last : nil
        switch key.values {
        case .integer(let range):
            value = .integer(placeholder, Int(range.lowerBound)...Int(range.upperBound))
        case .choice(let words): value = .choice(words)
        case .mapping: value = .pair(placeholder)
        default: value = .text(placeholder)
        }
        self.isRepeatable = isRepeatable
        self.key = name
        self.help = help
        defaultValue = shownDefault ?? key.defaultValue
    }

    /// The name under which its values are found: the long name, or the letter.
    public var id: String { name.isEmpty ? letter.map(String.init) ?? "" : name }

    /// How a message names it: `--group`, or `-X`.
    public var spelling: String { name.isEmpty ? "-\(id)" : "--\(name)" }

    /// The word that stands for the value: `<n>`; nil for a flag.
    var placeholder: String? {
        switch value {
        case .flag: nil
        case .text(let word), .integer(let word, _), .pair(let word): "<\(word)>"
        case .choice(let words): "<\(words.joined(separator: "|"))>"
        }
    }

    /// What is wrong with `text` as a value; nil when nothing is.
    func problem(with text: String) -> String? {
        switch value {
        case .flag, .text: return nil
        case .integer(_, let range):
            guard let number = Int(text), range.contains(number) else {
                return "must be an integer, \(range.lowerBound) ... \(range.upperBound)"
            }
            return nil
        case .choice(let words):
            return words.contains(text) ? nil : "must be \(words.joined(separator: " or "))"
        case .pair:
            let name = text.prefix { $0 != "=" }
            return name.isEmpty || name.count == text.count ? "must be name=value" : nil
        }
    }
}

/// An argument of a command that no option name precedes.
public struct Argument: Sendable {
    /// The word that stands for it.
    public let name: String
    /// Whether it must be there.
    public let isRequired: Bool
    /// Whether more may follow; only the last argument's may.
    public let isRepeatable: Bool
    /// What it is.
    public let help: String

    /// An argument; see the fields.
    public init(_ name: String, isRequired: Bool = true, isRepeatable: Bool = false, help: String) {
        self.name = name
        self.isRequired = isRequired
        self.isRepeatable = isRepeatable
        self.help = help
    }

    var usage: String {
        let word = isRepeatable ? "<\(name)> ..." : "<\(name)>"
        return isRequired ? word : "[\(word)]"
    }
}
