import CSimdjson

/// The names a decoder keeps: fingerprints and signals of other names are checked and passed over.
public struct TrackedNames: Equatable, Sendable {
    /// Kinds of fingerprints; the index of a kind here is ``Event/fingerprintKind(_:)``. At most 64.
    public var kinds: [String]
    /// Names of signals; the index of a name here is ``Event/signalIndex(_:)``. At most 64.
    public var signals: [String]

    /// Wraps the two lists.
    public init(kinds: [String] = [], signals: [String] = []) {
        self.kinds = kinds
        self.signals = signals
    }
}

/// Hands a field map and tracked names to the C decoder.
struct MapCompiler {
    let decoder: OpaquePointer
    let tracked: TrackedNames

    static let maxSources = 32

    func compile(_ map: FieldMap) throws(DecoderConfigurationError) {
        try track(tracked.kinds, UInt8(SW_FINGERPRINTS))
        try track(tracked.signals, UInt8(SW_SIGNALS))
        for field in [EventField.time, .account] where map.sources[.field(field)] == nil {
            throw .requiredFieldUnmapped(field.name)
        }
        var maps: [UInt32: EventField] = [:]
        // In the order of names: what the trie looks like must not depend on hash seeds.
        for (target, sources) in map.sources.sorted(by: { $0.key.name < $1.key.name }) {
            try add(target, sources, &maps)
        }
        for text in map.placeholders {
            let bytes = Array(text.utf8)
            sw_decoder_placeholder(decoder, bytes, bytes.count)
        }
        try addNesting(map)
        try addEnvelope(map)
        try addJudgement(map)
        if let minutes = map.zoneMinutes { sw_decoder_zone(decoder, Int32(clamping: minutes)) }
        sw_decoder_seal(decoder)
    }

    private func track(_ names: [String], _ field: UInt8) throws(DecoderConfigurationError) {
        guard names.count <= SW_MAX_TRACKED else { throw .tooManyTracked(names.count) }
        var seen: Set<String> = []
        for name in names {
            guard !name.isEmpty, seen.insert(name).inserted else { throw .badTrackedName(name) }
            let bytes = Array(name.utf8)
            sw_decoder_track(decoder, field, bytes, bytes.count)
        }
    }

    func node(
        _ pointer: String, field: String, from root: UInt32 = 0
    ) throws(DecoderConfigurationError) -> UInt32 {
        var node = root
        for token in try JSONPointer(pointer, field: field).tokens {
            node = sw_decoder_child(decoder, node, token, token.count)
        }
        return node
    }

    private func add(
        _ target: FieldMap.Target, _ sources: [FieldMap.Source], _ maps: inout [UInt32: EventField]
    ) throws(DecoderConfigurationError) {
        guard sources.count <= Self.maxSources else { throw .tooManyPointers(field: target.name) }
        for (rank, source) in sources.enumerated() {
            try source.check(for: target)
            let node = try node(source.pointer, field: target.name)
            switch target {
            case .field(let field) where field == .fingerprints || field == .signals:
                guard maps.updateValue(field, forKey: node) ?? field == field else {
                    throw .conflictingMaps(pointer: source.pointer)
                }
                // A pointer of its own outranks the object that holds all.
                sw_decoder_map(decoder, node, field.rawValue, UInt8(Self.maxSources + rank))
            default: leaf(node, target, rank, source)
            }
        }
    }

    /// The leaf of what a container around the event says: of lower rank than all of the event's own.
    func inherit(
        _ target: FieldMap.Target, _ sources: [FieldMap.Source], from root: UInt32
    ) throws(DecoderConfigurationError) {
        for (index, source) in sources.enumerated() {
            let node = try node(source.pointer, field: target.name, from: root)
            leaf(node, target, 2 * Self.maxSources + index, source)
        }
    }

    private func leaf(
        _ node: UInt32, _ target: FieldMap.Target, _ rank: Int, _ source: FieldMap.Source
    ) {
        let (field, index): (EventField, Int?) =
            switch target {
            case .field(let field): (field, nil)
            case .fingerprint(let kind): (.fingerprints, tracked.kinds.firstIndex(of: kind))
            case .signal(let name): (.signals, tracked.signals.firstIndex(of: name))
            }
        let item = index.map { UInt8(truncatingIfNeeded: $0) } ?? UInt8(SW_UNTRACKED)
        sw_decoder_leaf(decoder, node, field.rawValue, item, UInt8(rank), source.unit.form)
    }
}

extension FieldMap.Unit {
    var form: sw_form {
        switch self {
        case .canonical: SW_PLAIN
        case .seconds: SW_SECONDS
        case .milliseconds: SW_MILLISECONDS
        case .microseconds: SW_MICROSECONDS
        case .nanoseconds: SW_NANOSECONDS
        case .outcome: SW_OUTCOME
        case .error: SW_ERROR
        case .role: SW_ROLE
        }
    }
}
