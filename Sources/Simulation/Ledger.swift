/// What one population did: totals, and for labelled ones a line for each account.
struct Ledger {
    struct Account {
        var requests: UInt32 = 0
        /// Bit v is set when variant v was used.
        var variants: UInt64 = 0
        var firstMs = Int64.max
        var lastMs = Int64.min
    }

    /// What was sent in a stretch of ten minutes.
    struct Stretch {
        var requests = 0
        var inputTokens = 0
        var outputTokens = 0
    }

    /// How long a stretch is, in milliseconds.
    static let stretchMs: Int64 = 600_000

    private(set) var requests = 0
    private(set) var firstMs = Int64.max
    private(set) var lastMs = Int64.min
    private(set) var accounts: [Account]
    /// The stretches of the run, up to the latest with a request.
    private(set) var stretches: [Stretch]
    private let startMs: Int64

    /// A ledger of a run of `durationMs` from `startMs` on, with a line for each of `accounts`; 0 keeps
    /// totals only.
    init(accounts: Int, startMs: Int64, durationMs: Int64) {
        self.accounts = Array(repeating: Account(), count: accounts)
        self.startMs = startMs
        let count = (durationMs + Self.stretchMs - 1) / Self.stretchMs
        stretches = Array(repeating: Stretch(), count: Int(count))
    }

    mutating func add(_ event: borrowing SimulatedEvent) {
        let ms = event.time.ms
        requests += 1
        firstMs = min(firstMs, ms)
        lastMs = max(lastMs, ms)
        let stretch = Int((ms - startMs) / Self.stretchMs)
        stretches[stretch].requests += 1
        stretches[stretch].inputTokens += Int(event.inputTokens)
        stretches[stretch].outputTokens += Int(event.outputTokens)
        guard !accounts.isEmpty else { return }
        let index = event.accountIndex
        accounts[index].requests &+= 1
        accounts[index].variants |= 1 << UInt64(event.variant)
        accounts[index].firstMs = min(accounts[index].firstMs, ms)
        accounts[index].lastMs = max(accounts[index].lastMs, ms)
    }
}
