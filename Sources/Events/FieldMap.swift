/// Where in a JSON document the fields of the canonical event are: a declaration, compiled by
/// ``EventDecoder``.
///
/// A field has one or several JSON pointers (RFC 6901), tried in order: the first whose value is present
/// (neither null nor an empty text) wins. Besides the canonical fields there are `fingerprints.<kind>` and
/// `signals.<name>` for values that lie elsewhere than in a `fingerprints` or `signals` object; the fields
/// `fingerprints` and `signals` themselves point at such objects. One value may feed several fields.
///
/// A pointer of a time or a number may carry a unit: `seconds:/startTime`.
public struct FieldMap: Equatable, Sendable {
    /// How the value at a pointer spells a time or a number.
    public enum Unit: String, CaseIterable, Sendable {
        /// As the canonical event does: times are RFC 3339 or whole epoch milliseconds, numbers integers.
        case canonical
        /// A number of milliseconds, or a text that holds one; fractions are cut.
        case milliseconds
        /// A number of seconds, or a text that holds one; cut to milliseconds.
        case seconds
        /// A number of nanoseconds, or a text that holds one; cut to milliseconds.
        case nanoseconds
        /// An integer, or a text that holds one; a text that holds something else counts as missing.
        case decimal
    }

    /// One place where a field may be.
    public struct Source: Equatable, Sendable {
        /// A JSON pointer.
        public var pointer: String
        /// What the value there is counted in.
        public var unit: Unit

        /// The value at `pointer`.
        public init(_ pointer: String, _ unit: Unit = .canonical) {
            self.pointer = pointer
            self.unit = unit
        }
    }

    /// What a value can fill.
    public enum Target: Hashable, Sendable {
        /// A canonical field; for fingerprints and signals, the object that holds them all.
        case field(EventField)
        /// One fingerprint, by its kind.
        case fingerprint(String)
        /// One signal, by its name.
        case signal(String)

        /// The target called `name`: a canonical field, `fingerprints.<kind>` or `signals.<name>`.
        public init?(name: String) {
            if let field = EventField(name: name) {
                self = .field(field)
            } else if let kind = name.suffix(after: "fingerprints.") {
                self = .fingerprint(kind)
            } else if let signal = name.suffix(after: "signals.") {
                self = .signal(signal)
            } else {
                return nil
            }
        }

        /// The name as field maps spell it.
        public var name: String {
            switch self {
            case .field(let field): field.name
            case .fingerprint(let kind): "fingerprints.\(kind)"
            case .signal(let name): "signals.\(name)"
            }
        }
    }

    /// The places of each target, in order of preference.
    public private(set) var sources: [Target: [Source]] = [:]
    /// Texts that count as missing, compared without white space around them, ASCII letters in any case: at most
    /// 64 of 1 ... 63 bytes. Texts of white space alone count as missing in any case.
    public var placeholders = FieldMap.usualPlaceholders
    /// Which address counts where the fingerprint `ip` is a list of them.
    public var ipList = AddressChoice.first
    /// Whether arrays of `{"key": ..., "value": ...}` are read as the objects they stand for (OTLP JSON).
    public var readsKeyValueLists = false
    /// Pointers to arrays that may hold one element only, since a record is one event; documents with more
    /// are rejected as `unknown_schema` rather than read in part.
    public var singleElementArrays: [String] = []

    /// A map without any field.
    public init() {}

    /// Replaces the places of `target`; none at all leaves the field out.
    public mutating func set(_ target: Target, _ sources: [Source]) {
        self.sources[target] = sources.isEmpty ? nil : sources
    }

    /// Replaces the places of the field called `name` (see ``Target/init(name:)``) by pointers, each
    /// perhaps with a unit in front; no pointer at all leaves the field out.
    ///
    /// - Throws: `unknownField`, or `badPointer` for a pointer or unit that cannot be used.
    public mutating func set(
        _ name: String, pointers: [String]
    ) throws(DecoderConfigurationError) {
        guard let target = Target(name: name) else { throw .unknownField(name) }
        var sources: [Source] = []
        for pointer in pointers {
            let source = try Source(parsing: pointer, field: name)
            _ = try JSONPointer(source.pointer, field: name)
            try source.check(for: target)
            sources.append(source)
        }
        set(target, sources)
    }
}

extension FieldMap.Source {
    /// Reads `pointer` or `unit:pointer`.
    init(parsing text: String, field: String) throws(DecoderConfigurationError) {
        guard !text.hasPrefix("/"), let colon = text.firstIndex(of: ":") else {
            self.init(text)
            return
        }
        guard let unit = FieldMap.Unit(rawValue: String(text[..<colon])) else {
            throw .badPointer(field: field, pointer: text, problem: .unknownUnit)
        }
        self.init(String(text[text.index(after: colon)...]), unit)
    }

    /// Refuses units the target cannot have.
    func check(for target: FieldMap.Target) throws(DecoderConfigurationError) {
        if unit == .canonical { return }
        if case .field(let field) = target {
            switch field {
            case .time, .accountCreated: if unit != .decimal { return }
            case .status, .turn, .inputTokens, .outputTokens, .cachedTokens, .reasoningTokens,
                .maxTokens, .latencyMs:
                return
            default: break
            }
        }
        throw .badPointer(field: target.name, pointer: pointer, problem: .unitNotAllowed)
    }
}

extension String {
    /// What follows `prefix`; nil without the prefix or with nothing behind it.
    fileprivate func suffix(after prefix: String) -> String? {
        hasPrefix(prefix) && count > prefix.count ? String(dropFirst(prefix.count)) : nil
    }
}

/// Which of several addresses in a forwarded-for list is the client's.
public enum AddressChoice: String, CaseIterable, Sendable {
    /// The first, as proxies append to the list.
    case first
    /// The last: the one the nearest proxy saw.
    case last
}

extension FieldMap {
    /// What gateways and log formats write where they have nothing to say.
    public static let usualPlaceholders = [
        "-", "unknown", "null", "none", "n/a", "undefined", "nil", "(none)", "not set",
    ]
}
