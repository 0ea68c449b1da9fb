/// What one population did: totals, and for labelled ones a line for each account.
struct Ledger {
    struct Account {
        var requests: UInt32 = 0
        /// Bit v is set when variant v was used.
        var variants: UInt64 = 0
        var firstMs = Int64.max
        var lastMs = Int64.min
    }

    private(set) var requests = 0
    private(set) var firstMs = Int64.max
    private(set) var lastMs = Int64.min
    private(set) var accounts: [Account]

    /// A ledger with a line for each of `accounts`; 0 keeps totals only.
    init(accounts: Int) {
        self.accounts = Array(repeating: Account(), count: accounts)
    }

    mutating func add(_ event: borrowing SimulatedEvent) {
        let ms = event.time.ms
        requests += 1
        firstMs = min(firstMs, ms)
        lastMs = max(lastMs, ms)
        guard !accounts.isEmpty else { return }
        let index = event.accountIndex
        accounts[index].requests &+= 1
        accounts[index].variants |= 1 << UInt64(event.variant)
        accounts[index].firstMs = min(accounts[index].firstMs, ms)
        accounts[index].lastMs = max(accounts[index].lastMs, ms)
    }
}
