import Campaigns
import Detection
import Primitives

/// Which accounts were told of as members of which campaigns, and when first.
///
/// About 100 bytes a member. An account stays in it when its campaign lets it go.
public struct Memberships: Sendable, Equatable {
    /// By campaign: the members, and the end of the tick that first told of each.
    public private(set) var joined: [FindingID: [[UInt8]: EventTime]] = [:]

    /// No member.
    public init() {}

    /// Takes in what a tick told of.
    public mutating func note(_ changes: [MemberChange]) {
        for change in changes {
            guard let row = change.row else { continue }
            let known = joined[row.campaign]?[change.account]
            joined[row.campaign, default: [:]][change.account] = known ?? change.time
        }
    }

    /// Appends all of it.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(joined.count))
        for (campaign, members) in joined.sorted(by: { $0.key < $1.key }) {
            buffer.append(id: campaign)
            buffer.append(varint: UInt64(members.count))
            for (account, time) in members {
                buffer.append(sized: account)
                buffer.append(integer: time.ms)
            }
        }
    }

    /// Reads what `encode` has written; nil where it is something else.
    init?(_ reader: inout ByteReader) {
        guard let campaigns = reader.number() else { return nil }
        for _ in 0..<campaigns {
            guard let id = reader.id(), let id, let count = reader.number() else { return nil }
            var members: [[UInt8]: EventTime] = [:]
            for _ in 0..<count {
                guard let account = reader.field(), let ms = reader.integer(Int64.self) else {
                    return nil
                }
                members[Array(account)] = EventTime(ms: ms)
            }
            joined[id] = members
        }
    }
}
