/// The fields of the canonical request event.
///
/// Raw values are the bits of ``Event/presentFields`` and the slots of the decoder.
public enum EventField: UInt8, CaseIterable, Sendable {
    case account = 0
    case id, organization, endUser, apiKey, session, accessPath, plan, model, operation
    case status = 10
    case turn, inputTokens, outputTokens, cachedTokens, reasoningTokens, maxTokens, latencyMs
    case time = 18
    case accountCreated = 19
    case fingerprints = 20
    case signals = 21

    /// The field called `name` in the canonical event; nil when there is none.
    public init?(name: String) {
        guard let field = EventField.allCases.first(where: { $0.name == name }) else { return nil }
        self = field
    }

    /// The name in the canonical event, in field maps and in metrics.
    public var name: String {
        switch self {
        case .account: "account"
        case .id: "id"
        case .organization: "organization"
        case .endUser: "end_user"
        case .apiKey: "api_key"
        case .session: "session"
        case .accessPath: "access_path"
        case .plan: "plan"
        case .model: "model"
        case .operation: "operation"
        case .status: "status"
        case .turn: "turn"
        case .inputTokens: "input_tokens"
        case .outputTokens: "output_tokens"
        case .cachedTokens: "cached_tokens"
        case .reasoningTokens: "reasoning_tokens"
        case .maxTokens: "max_tokens"
        case .latencyMs: "latency_ms"
        case .time: "time"
        case .accountCreated: "account_created"
        case .fingerprints: "fingerprints"
        case .signals: "signals"
        }
    }
}

/// The optional texts of an event.
public enum StringField: UInt8, CaseIterable, Sendable {
    case id = 1
    case organization, endUser, apiKey, session, accessPath, plan, model, operation

    /// The same field among all fields.
    public var field: EventField { EventField(rawValue: rawValue) ?? .id }
}

/// The optional numbers of an event.
///
/// `status` and `turn` lie within plus or minus 4,294,967,295; the others within 0 ... 4,294,967,295.
public enum NumberField: UInt8, CaseIterable, Sendable {
    case status = 10
    case turn, inputTokens, outputTokens, cachedTokens, reasoningTokens, maxTokens, latencyMs

    /// The same field among all fields.
    public var field: EventField { EventField(rawValue: rawValue) ?? .status }
}
