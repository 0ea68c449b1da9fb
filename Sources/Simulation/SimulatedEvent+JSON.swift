import Primitives

extension SimulatedEvent {
    /// Appends the record's bytes: canonical JSON without a line end, or what the defect makes of
    /// it.
    ///
    /// About 600 to 1,200 bytes for a good event; allocates only when the buffer grows.
    public func writeJSON(into buffer: inout ByteBuffer) {
        if let defect { return writeDefective(defect, into: &buffer) }
        writeGoodJSON(into: &buffer)
    }

    /// The most bytes an event takes.
    private static let longestJSON = 2048

    func writeGoodJSON(into buffer: inout ByteBuffer) {
        buffer.reserve(Self.longestJSON)
        let start = buffer.base + buffer.count
        var out = RawWriter(position: start)
        out.put("{\"time\":")
        out.put(number: time.ms)
        out.put(",\"account\":\"")
        out.put(account: account)
        putIdentity(&out)
        putNumbers(&out)
        putFingerprints(&out)
        out.put(",\"signals\":{\"reasoning_elicitation\":")
        out.put(elicitsReasoning ? "true" : "false" as StaticString)
        out.put(",\"task\":\"")
        out.put(PublicPool.tasks[Int(task)])
        out.put("\"}}")
        _ = buffer.appendUninitialized(out.position - start)
    }

    private func putIdentity(_ out: inout RawWriter) {
        out.put("\",\"id\":\"req_")
        out.putHex(request)
        out.put("\",\"organization\":\"org_")
        out.putHex(organization)
        if endUser != 0 {
            out.put("\",\"end_user\":\"user_")
            out.putHex(endUser)
        }
        out.put("\",\"api_key\":\"key_")
        out.putHex(apiKey)
        out.put("\",\"session\":\"ses_")
        out.putHex(session)
        out.put("\",\"access_path\":\"")
        out.put(PublicPool.accessPaths[Int(accessPath)])
        out.put("\",\"plan\":\"")
        out.put(PublicPool.plans[Int(plan)])
        out.put("\",\"model\":\"")
        out.put(PublicPool.models[Int(model)])
        out.put("\",\"operation\":\"")
        out.put(PublicPool.operations[Int(operation)])
        out.put("\"")
    }

    private func putNumbers(_ out: inout RawWriter) {
        out.put(",\"account_created\":")
        out.put(number: accountCreatedMs)
        out.put(",\"status\":")
        out.put(number: Int64(status))
        out.put(",\"turn\":")
        out.put(number: Int64(turn))
        out.put(",\"input_tokens\":")
        out.put(number: Int64(inputTokens))
        out.put(",\"output_tokens\":")
        out.put(number: Int64(outputTokens))
        out.put(",\"cached_tokens\":")
        out.put(number: Int64(cachedTokens))
        out.put(",\"reasoning_tokens\":")
        out.put(number: Int64(reasoningTokens))
        out.put(",\"max_tokens\":")
        out.put(number: Int64(maxTokens))
        out.put(",\"latency_ms\":")
        out.put(number: Int64(latencyMs))
    }

    private func putFingerprints(_ out: inout RawWriter) {
        out.put(",\"fingerprints\":{")
        for i in 0..<fingerprintCount {
            if i > 0 { out.put(UInt8(ascii: ",")) }
            let fingerprint = fingerprints[i]
            out.put(UInt8(ascii: "\""))
            out.put(fingerprint.kind.name)
            out.put("\":\"")
            out.put(fingerprint)
            out.put(UInt8(ascii: "\""))
        }
        out.put(UInt8(ascii: "}"))
    }
}
