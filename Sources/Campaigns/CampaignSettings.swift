import Detection

/// What a kind of fingerprint may do in a campaign.
public enum Role: String, CaseIterable, Sendable {
    /// Strangers do not share it, so that a few shared accounts tie: a card, a device, a reasoning blob.
    case hard
    /// Strangers may share it; it is a core where a lead says that they do not: a frame, a tool set, an e-mail shape.
    case soft
    /// Everybody shares it with somebody: an address, a user agent. It never ties, and adds weight.
    case context
}

/// The parameters of the CAMPAIGN stage. All times are in milliseconds of event time.
public struct CampaignSettings: Equatable, Sendable {
    /// Roles by kind; kinds that are not named are context.
    public var kinds: [String: Role] = CampaignSettings.defaultKinds
    /// How often clusters are computed.
    public var tickMs: Int64 = 60_000
    /// How long an edge counts after it was last seen.
    public var windowMs: Int64 = 35 * 86_400_000
    /// How long a fingerprint stays in its campaign after its last lead closed.
    public var lingerMs: Int64 = 7 * 86_400_000
    /// A lead from this weight on is the core of a campaign of its own.
    public var coreWeight = 3
    /// The fewest shared accounts that tie.
    public var minShared = 3
    /// A hard fingerprint with more accounts is an attribute: it belongs to a campaign, and ties nothing.
    public var hardCap = 2_000
    /// The same for soft fingerprints.
    public var softCap = 200_000
    /// Bits of improbability an overlap needs, by the share of all accounts that are with the larger fingerprint.
    public var minBits = 7
    /// An account with more hard fingerprints ties no satellites.
    public var hardPerAccount = 12
    /// An account with more fingerprints ties nothing.
    public var fingerprintsPerAccount = 128
    /// An account in more campaigns is shared by them: a member of none.
    public var campaignsPerAccount = 3
    /// A campaign with more soft fingerprints passes on the frames of others, and these need backing.
    public var ownFrames = 12
    /// Fingerprints that can be in one cluster from which on these are clustered at every tenth tick alone.
    public var largeRegion = 128
    /// Ticks in a row after which two campaigns that are one become one.
    public var mergeTicks = 3
    /// How long a part must have been apart before it is a campaign of its own.
    public var splitMs: Int64 = 6 * 3_600_000
    /// How long after its close a campaign goes on under its name when it comes back.
    public var continueMs: Int64 = 7 * 86_400_000
    /// How long a closed campaign is remembered as a predecessor.
    public var rememberMs: Int64 = 180 * 86_400_000
    /// Closed campaigns that are remembered.
    public var maxRemembered = 10_000
    /// Fingerprints kept; over it the weakest and oldest go.
    public var maxFingerprints = 200_000
    /// Edges kept; over it the weakest and oldest fingerprints go.
    public var maxEdges = 2_000_000
    /// Fingerprints of a component that is clustered without cores.
    public var maxComponent = 20_000
    /// Ties of such a component.
    public var maxTies = 200_000

    /// The defaults.
    public init() {}

    /// Roles of the kinds that are known.
    public static let defaultKinds: [String: Role] = [
        "payment": .hard, "device": .hard, "reasoning_blob_in": .hard, "reasoning_blob_out": .hard,
        "reasoning_blob": .hard, "prompt_template": .soft, "system_prompt": .soft,
        "tool_set": .soft, "card_bin": .soft, "signup_cohort": .soft, "email_shape": .soft,
    ]

    /// The role of a kind.
    func role(of kind: String) -> Role { kinds[kind] ?? .context }

    /// Accounts over which a fingerprint of a role is an attribute.
    func cap(of role: Role) -> Int {
        switch role {
        case .hard: hardCap
        case .soft: softCap
        case .context: 0
        }
    }
}
