import Primitives

/// That an account was seen with a fingerprint.
struct EdgeState {
    /// The fingerprint's slot.
    var fingerprint: Int32
    /// Where the account stands among the fingerprint's accounts.
    var place: Int32
    var firstSeen: EventTime
    var lastSeen: EventTime
    var requests: Int64
    var tokens: Int64
    /// Whether the account also has a hard fingerprint of the campaign that this soft one belongs to.
    var isBacked = false
    /// Whether the account has any other fingerprint of that campaign.
    var isSeconded = false

    /// Requests or tokens that an edge counts at most, so that sums do not overflow.
    static let most: Int64 = 1 << 41

    /// Adds what was seen since.
    mutating func add(requests: Int64, tokens: Int64) {
        self.requests = min(Self.most, self.requests + min(Self.most, requests))
        self.tokens = min(Self.most, self.tokens + min(Self.most, tokens))
    }
}

/// What a campaign owes to one of its members.
struct Contribution: Equatable {
    /// The campaign's record; -1 where the account is no member.
    var record: Int32 = -1
    var requests: Int64 = 0
    var tokens: Int64 = 0
    var isNew = false
    var isBanned = false
}

/// An account that was seen with a fingerprint that has a lead.
struct Account {
    var key: UInt64
    var name: [UInt8]
    var created: EventTime?
    /// Its edges, in no useful order: there are few.
    var edges: [EdgeState] = []
    /// How many of them lead to hard fingerprints.
    var hardEdges = 0
    /// What it counts for where.
    var contribution = Contribution()
    /// The row that was told of it last; nil while it is no member of a campaign that was told of.
    var row: MemberRow?
    /// Whether its membership waits to be looked at.
    var isTouched = false
    /// Whether a snapshot does not hold it as it is.
    var isChanged = false
    /// Marks it as seen by a walk.
    var mark: UInt32 = 0
}
