import CSimdjson

extension EventDecoder {
    /// The pointer that the value of `target` was read from in the last event; nil where the event does not have
    /// it, or is no JSON.
    ///
    /// For tools: it looks up what the decoder knows anyway.
    ///
    /// - Parameters:
    ///   - map: the field map the decoder was made with.
    ///   - item: the index of a fingerprint or signal among the tracked names.
    public func pointer(
        of target: FieldMap.Target, item: Int? = nil, in map: FieldMap
    ) -> String? {
        guard format == .json else { return nil }
        let (field, name) = target.place
        let rank = Int(sw_decoder_rank(handle, field.rawValue, UInt8(clamping: item ?? 0)))
        guard let name, rank >= MapCompiler.maxSources else {
            return Self.source(rank, of: target, in: map)
        }
        let object = Self.source(rank - MapCompiler.maxSources, of: .field(field), in: map)
        return object.map { "\($0)/\(name)" }
    }

    private static func source(
        _ rank: Int, of target: FieldMap.Target, in map: FieldMap
    ) -> String? {
        guard let sources = map.sources[target], sources.indices.contains(rank) else { return nil }
        return sources[rank].pointer
    }
}

extension FieldMap.Target {
    /// The field, and the name of a fingerprint or signal in it.
    fileprivate var place: (field: EventField, name: String?) {
        switch self {
        case .field(let field): (field, nil)
        case .fingerprint(let kind): (.fingerprints, kind)
        case .signal(let name): (.signals, name)
        }
    }
}
