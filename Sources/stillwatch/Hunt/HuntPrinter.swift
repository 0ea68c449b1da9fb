import Assessment
import Configuration
import Primitives
import Replay

/// Prints what a hunt finds: accounts or requests, as a table, CSV or JSON Lines.
struct HuntPrinter: ~Copyable {
    /// How the list looks.
    enum Shape: String, CaseIterable {
        case table
        case csv
        case ndjson
    }

    private let shape: Shape
    private let isOfRequests: Bool
    private var output: Output
    private var requests = TextTable(Self.requestColumns, numbers: [3])
    private var touches = 0

    private static let requestColumns = ["time", "account", "id", "tokens", "touched"]
    private static let memberColumns = [
        "account", "first", "last", "requests", "tokens", "touched", "shares",
    ]
    /// Shared fingerprints that a table or CSV names of an account; JSON has all.
    private static let named = 5

    /// A printer of what `invocation` asks for, to `output`.
    init(_ invocation: Invocation, to output: consuming Output) {
        let usual = Output.isTerminal ? Shape.table : .ndjson
        shape = invocation.value("output").flatMap { Shape(rawValue: $0) } ?? usual
        isOfRequests = invocation.has("requests")
        self.output = output
    }

    /// Prints what stands above a list.
    mutating func begin() throws {
        guard shape == .csv else { return }
        try print(csv: isOfRequests ? Self.requestColumns : Self.memberColumns)
    }

    /// Takes in a request, and prints it where requests are listed.
    mutating func write(_ touch: Hunter.Touch) throws {
        touches += 1
        guard isOfRequests else { return }
        let account = String(decoding: touch.account, as: UTF8.self)
        let id = touch.id.map { String(decoding: $0, as: UTF8.self) }
        guard shape == .ndjson else {
            let cells = [
                Timestamp.rfc3339(ms: touch.time.ms), account, id ?? "", String(touch.tokens),
                touch.targets.joined(separator: " "),
            ]
            if shape == .table { return requests.add(cells) }
            return try print(csv: cells)
        }
        try printJSON { writer in
            writer.member("time", touch.time.ms)
            writer.member("account", account)
            if let id {
                writer.member("id", id)
            }
            writer.member("tokens", touch.tokens)
            writer.member("touched", touch.targets)
        }
    }

    /// Prints the accounts, where these are listed, and a summary.
    mutating func finish(_ hunter: Hunter) throws {
        let members = hunter.members
        var table = isOfRequests ? requests : TextTable(Self.memberColumns, numbers: [3, 4])
        if !isOfRequests {
            for member in members {
                switch shape {
                case .ndjson: try write(member)
                case .csv: try print(csv: Self.cells(member))
                case .table: table.add(Self.cells(member))
                }
            }
        }
        let text = shape == .table ? table.text : ""
        try write(text)
        try flush()
        Console.error(Self.summary(hunter, members, touches))
    }

    private mutating func write(_ member: Hunter.Member) throws {
        try printJSON { writer in
            writer.member("account", member.account)
            writer.member("first", member.first)
            writer.member("last", member.last)
            writer.member("requests", member.requests)
            writer.member("tokens", member.tokens)
            writer.member("touched", member.touched)
            writer.objects("shares", member.shares) { writer, shared in
                writer.member("fingerprint", shared.fingerprint)
                writer.member("accounts", shared.accounts)
            }
        }
    }

    private static func cells(_ member: Hunter.Member) -> [String] {
        [
            member.account, Timestamp.rfc3339(ms: member.first.ms),
            Timestamp.rfc3339(ms: member.last.ms), String(member.requests), String(member.tokens),
            member.touched.joined(separator: " "), names(of: member.shares),
        ]
    }

    private static func names(of shares: [Hunter.Shared]) -> String {
        let rest = shares.count - named
        return shares.prefix(named).map { "\($0.fingerprint) (\($0.accounts))" }
            .joined(separator: " ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static func summary(
        _ hunter: Hunter, _ members: [Hunter.Member], _ touches: Int
    ) -> String {
        let shared = hunter.shared
        let tokens = members.reduce(0) { $0 + $1.tokens }
        var text =
            "\(grouped(members.count)) accounts, \(grouped(touches)) requests and \(grouped(tokens)) tokens of "
            + "\(grouped(hunter.events)) events\n"
        if !shared.isEmpty { text += "they also share: \(names(of: shared))\n" }
        return text
    }

    // MARK: Writing

    private mutating func printJSON(_ body: (inout JSONWriter) -> Void) throws {
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        writer.newline()
        try write(writer.buffer.string())
    }

    private mutating func print(csv cells: [String]) throws { try write(CSV.line(cells)) }

    private mutating func write(_ text: String) throws {
        do throws(OutputError) { try output.write(text: text) } catch { throw Self.ended(error) }
    }

    private mutating func flush() throws {
        do throws(OutputError) { try output.finish() } catch { throw Self.ended(error) }
    }

    private static func ended(_ error: OutputError) -> any Error {
        switch error {
        case .closed: OutputClosed()
        case .failed(let reason): Failure(.unreachable, reason)
        }
    }
}
