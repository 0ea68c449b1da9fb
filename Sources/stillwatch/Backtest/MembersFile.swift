import Campaigns
import Primitives

/// The members of campaigns as JSON Lines: what the members topic would hold.
enum MembersFile {
    /// Writes the members to the file at `path`.
    static func write(
        _ members: [(account: [UInt8], row: MemberRow)], to path: String
    ) throws(OutputError) {
        var output = try Output(path: path == "-" ? nil : path)
        var writer = JSONWriter(capacity: 4096)
        for (account, row) in members {
            writer.removeAll()
            row.write(account: account, to: &writer)
            writer.newline()
            try output.write(writer.buffer.bytes)
        }
        try output.finish()
    }
}
