import CSimdjson

/// What of a map concerns records that hold events rather than being one.
extension MapCompiler {
    /// Lists inside lists, as exports have them: the elements of the innermost are read as events, and those
    /// of the others for what they say of the events in them.
    func addNesting(_ map: FieldMap) throws(DecoderConfigurationError) {
        try inherit(map, from: 0)
        var roots: [[String]: UInt32] = [:]
        for nesting in map.nesting {
            var root: UInt32 = 0
            for (depth, pointer) in nesting.pointers.enumerated() {
                let list = try node(pointer, field: "records", from: root)
                guard depth + 1 < nesting.pointers.count else {
                    sw_decoder_list(decoder, list, 0)
                    break
                }
                // Siblings share the root of their elements: /scopeSpans and /scopeLogs of one resource.
                let path = Array(nesting.pointers[...depth])
                let elements = roots[path] ?? sw_decoder_root(decoder)
                if roots.updateValue(elements, forKey: path) == nil {
                    try inherit(map, from: elements)
                }
                sw_decoder_list(decoder, list, elements)
                root = elements
            }
        }
    }

    private func inherit(
        _ map: FieldMap, from root: UInt32
    ) throws(DecoderConfigurationError) {
        for (target, sources) in map.inherited.sorted(by: { $0.key.name < $1.key.name }) {
            try inherit(target, sources, from: root)
        }
    }

    /// The list and the embedded text of a configuration.
    func addEnvelope(_ map: FieldMap) throws(DecoderConfigurationError) {
        guard map.records != nil || map.embedded != nil else { return }
        let envelope = sw_decoder_root(decoder)
        if let pointer = map.records {
            let list = try node(pointer, field: "records", from: envelope)
            sw_decoder_list(decoder, list, map.embedded == nil ? 0 : envelope)
        }
        if let pointer = map.embedded {
            guard pointer != map.records else { throw .samePlace(pointer: pointer) }
            sw_decoder_embed(decoder, try node(pointer, field: "embedded", from: envelope))
        }
        sw_decoder_envelope(decoder, envelope, map.records == nil ? 0 : 1)
    }

    /// What tells an event from a record that is none.
    func addJudgement(_ map: FieldMap) throws(DecoderConfigurationError) {
        guard !map.wantedPrefixes.isEmpty else { return }
        for prefix in map.wantedPrefixes {
            let bytes = Array(prefix.utf8)
            sw_decoder_only(decoder, bytes, bytes.count)
        }
        sw_decoder_judge(decoder, 0)
        for pointer in map.judged {
            sw_decoder_judge(decoder, try node(pointer, field: "attributes"))
        }
        for pointer in map.skipMarks {
            let place = try node(pointer, field: "skipped")
            sw_decoder_leaf(
                decoder, place, UInt8(SW_SKIP), UInt8(SW_UNTRACKED), 0, SW_PLAIN)
        }
    }
}
