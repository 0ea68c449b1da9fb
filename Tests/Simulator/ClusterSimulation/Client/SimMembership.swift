import Broker
import Delivery

/// A membership as it was at one moment: what the library's group metadata holds.
public final class SimMembership: GroupMembership {
    let identity: MemberIdentity

    init(_ identity: MemberIdentity) { self.identity = identity }

    /// No membership at all, as of a program that does not pass the group's metadata on.
    public static var none: SimMembership {
        SimMembership(MemberIdentity(memberID: 0, instanceID: nil, generation: -1))
    }

    /// Whether it was a member's at all when it was captured.
    public var isValid: Bool { identity.generation >= 0 && identity.memberID != 0 }
    /// The generation.
    public var generation: Int32 { identity.generation }
}
