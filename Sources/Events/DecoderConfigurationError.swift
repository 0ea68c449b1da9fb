/// What is wrong with a field map or the tracked names; the caller fixes the configuration.
public enum DecoderConfigurationError: Error, Equatable, Sendable {
    /// What is wrong with a pointer.
    public enum PointerProblem: String, Sendable {
        /// A pointer starts with a slash (RFC 6901).
        case noLeadingSlash = "a pointer starts with '/'"
        /// `~` is followed by 0 or 1.
        case badEscape = "'~' is followed by 0 or 1"
        /// At most 32 reference tokens.
        case tooDeep = "a pointer has at most 32 tokens"
        /// `time`, `account_created` and `latency_ms` alone have a unit.
        case unitNotAllowed = "only time, account_created and latency_ms have a unit"
    }

    /// No preset has this name.
    case unknownPreset(String)
    /// No canonical field has this name.
    case unknownField(String)
    /// A pointer of `field` cannot be used.
    case badPointer(field: String, pointer: String, problem: PointerProblem)
    /// More than 32 pointers for one field.
    case tooManyPointers(field: String)
    /// `time` and `account` need at least one pointer.
    case requiredFieldUnmapped(String)
    /// One place is to be both the map of fingerprints and the map of signals.
    case conflictingMaps(pointer: String)
    /// The array of events and the embedded text lie at one place.
    case samePlace(pointer: String)
    /// More than 64 tracked kinds or signals.
    case tooManyTracked(Int)
    /// A tracked name that is empty or given twice.
    case badTrackedName(String)
}

extension DecoderConfigurationError: CustomStringConvertible {
    /// A sentence for the one who wrote the configuration.
    public var description: String {
        switch self {
        case .unknownPreset(let name):
            let names = FieldMap.Preset.allCases.map(\.rawValue).joined(separator: ", ")
            return "unknown preset '\(name)' (presets: \(names))"
        case .unknownField(let name): return "unknown field '\(name)'"
        case .badPointer(let field, let pointer, let problem):
            return "field '\(field)': bad pointer '\(pointer)': \(problem.rawValue)"
        case .tooManyPointers(let field): return "field '\(field)' has more than 32 pointers"
        case .requiredFieldUnmapped(let field): return "field '\(field)' needs a pointer"
        case .conflictingMaps(let pointer):
            return "'\(pointer)' cannot be both the fingerprints and the signals"
        case .samePlace(let pointer):
            return "'\(pointer)' cannot be both the array of records and an embedded text"
        case .tooManyTracked(let count): return "\(count) tracked names (at most 64)"
        case .badTrackedName(let name): return "tracked name '\(name)' is empty or given twice"
        }
    }
}
