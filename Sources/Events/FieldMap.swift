/// Where in a JSON document the fields of the canonical event are: a declaration, compiled by
/// ``EventDecoder``.
///
/// A field has one or several JSON pointers (RFC 6901), tried in order: the first whose value can be used
/// wins. Besides the canonical fields there are `fingerprints.<kind>` and `signals.<name>` for values that
/// lie elsewhere than in a `fingerprints` or `signals` object; the fields `fingerprints` and `signals`
/// themselves point at such objects. One value may feed several fields.
///
/// A record may hold events rather than be one: ``records`` and ``embedded`` say where.
public struct FieldMap: Equatable, Sendable {
    /// How the value at a pointer spells a time, a duration or a status.
    public enum Unit: String, CaseIterable, Sendable {
        /// Numbers as they are; times as text, or as an epoch number by its magnitude.
        case canonical
        /// Seconds, cut to milliseconds.
        case seconds = "s"
        /// Milliseconds; fractions are cut.
        case milliseconds = "ms"
        /// Microseconds, cut to milliseconds.
        case microseconds = "us"
        /// Nanoseconds, cut to milliseconds.
        case nanoseconds = "ns"
        /// How a request ended: `success` or `failure` and their kin, 1 or 2, or an HTTP status. Success is
        /// 200, failure 500.
        case outcome
        /// The name or HTTP status of an error: limits of rate are 429, other names 500.
        case error
        /// An ARN: sessions of an assumed role count as the role.
        case role

        /// The units a configuration may name.
        public static let named: [Unit] = [.seconds, .milliseconds, .microseconds, .nanoseconds]
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
    /// A pointer to the array whose elements are the events; nil where a record is one event. Pointers of
    /// fields are then an element's. A record without the array may be an event itself.
    public var records: String?
    /// A pointer to a text that holds the event as JSON, in the record or in each element of `records`; an
    /// array at `records` may also lie inside that text. Pointers of fields are those of the inner document.
    public var embedded: String?
    /// The zone of times that name none, in minutes east of UTC, within a day; nil refuses such times.
    public var zoneMinutes: Int?
    /// Lists of a preset, which hold further lists or events.
    var nesting: [Nesting] = []
    /// Where containers around an event carry what it lacks itself, by the root they are read from.
    var inherited: [Target: [Source]] = [:]
    /// What a name in an event begins with, one of these; records without one are skipped.
    var wantedPrefixes: [String] = []
    /// Places where a value may tell that a record is no request.
    var skipMarks: [String] = []
    /// Objects and key/value lists whose names are judged by `wantedPrefixes`; the record itself is.
    var judged: [String] = []

    /// Lists to be taken apart one after the other: pointers, each from the elements of the one before.
    struct Nesting: Equatable, Sendable {
        var pointers: [String]
    }

    /// A map without any field.
    public init() {}

    /// Replaces the places of `target`; none at all leaves the field out.
    public mutating func set(_ target: Target, _ sources: [Source]) {
        self.sources[target] = sources.isEmpty ? nil : sources
    }

    /// Replaces the places of the field called `name` (see ``Target/init(name:)``) by pointers of one unit;
    /// no pointer at all leaves the field out.
    ///
    /// - Throws: `unknownField`, or `badPointer` for a pointer or unit that cannot be used.
    public mutating func set(
        _ name: String, pointers: [String], unit: Unit = .canonical
    ) throws(DecoderConfigurationError) {
        guard let target = Target(name: name) else { throw .unknownField(name) }
        var sources: [Source] = []
        for pointer in pointers {
            _ = try JSONPointer(pointer, field: name)
            let source = Source(pointer, unit)
            try source.check(for: target)
            sources.append(source)
        }
        set(target, sources)
        inherited[target] = nil
    }
}

extension FieldMap.Source {
    /// Refuses units the target cannot have.
    func check(for target: FieldMap.Target) throws(DecoderConfigurationError) {
        guard !target.takes(unit) else { return }
        throw .badPointer(field: target.name, pointer: pointer, problem: .unitNotAllowed)
    }
}

extension FieldMap.Target {
    /// Whether a value of the target may be counted in `unit`.
    public func takes(_ unit: FieldMap.Unit) -> Bool {
        if unit == .canonical { return true }
        guard case .field(let field) = self else { return false }
        switch field {
        case .time, .accountCreated, .latencyMs: return FieldMap.Unit.named.contains(unit)
        case .status: return unit == .outcome || unit == .error
        case .account: return unit == .role
        default: return false
        }
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
