/// How likely requests go wrong; 0 everywhere is a healthy network.
///
/// TCP loses nothing silently: whatever happens to a request, the client sees its connection break and does not
/// know how far the request came.
public struct NetworkFaults: Sendable {
    /// The request never arrives.
    public var losesRequest = 0.0
    /// The request is carried out, its response never arrives.
    public var losesResponse = 0.0
    /// The client sees its connection break at once, and the request arrives later all the same, maybe after
    /// the one it is repeated with.
    public var delaysCopy = 0.0
    /// The request takes long, and nothing breaks.
    public var slows = 0.0
    /// Until the client notices that its connection broke.
    public var noticeUs: ClosedRange<Micros> = 500...1_500_000
    /// How late a delayed copy or a slow request arrives.
    public var delayUs: ClosedRange<Micros> = 50_000...6_000_000
    /// The requests concerned; nil for all.
    public var kinds: Set<RequestKind>?
    /// The brokers concerned; nil for all.
    public var brokers: Set<Int>?

    /// A healthy network.
    public init() {}

    /// Every kind of fault with the same probability.
    public init(_ probability: Double) {
        losesRequest = probability
        losesResponse = probability
        delaysCopy = probability
        slows = probability
    }

    var isHealthy: Bool {
        losesRequest == 0 && losesResponse == 0 && delaysCopy == 0 && slows == 0
    }
}

/// What becomes of one request.
enum Fate {
    case delivered
    case requestLost(noticeUs: Micros)
    case responseLost(noticeUs: Micros)
    case copyDelayed(byUs: Micros, noticeUs: Micros)
    case slow(byUs: Micros)
}
