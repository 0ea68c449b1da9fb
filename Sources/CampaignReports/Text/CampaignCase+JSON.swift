import Detection
import Primitives

extension CampaignCase {
    /// Writes the campaign as one object: what a list shows of it, and with `book` everything.
    public func write(to writer: inout JSONWriter, whole book: CampaignBook? = nil) {
        writer.beginObject()
        writeFacts(to: &writer)
        if let book { writeRest(book, to: &writer) }
        writer.endObject()
    }

    private func writeFacts(to writer: inout JSONWriter) {
        writer.member("uid", uid.description)
        writer.member("class", last.campaignClass.rawValue)
        writer.member("severity", last.severity.rawValue)
        writer.member("state", state)
        writer.member("rule", last.rule)
        writer.member("shadow", last.isShadow)
        writer.member("accounts", evidence.accounts)
        writer.member("requests", evidence.requests)
        writer.member("tokens", evidence.tokens)
        writer.member("score", evidence.score)
        writer.member("groups", evidence.groups.map(\.rawValue))
        writer.member("first_seen", last.firstSeen.ms)
        writer.member("last_seen", last.lastSeen.ms)
        writer.member("time", last.time.ms)
        if let id = last.redirectTo { writer.member("redirect_to", id.description) }
        if let reason = last.reason { writer.member("reason", reason) }
        if let id = splitFrom { writer.member("split_from", id.description) }
        if let id = successorOf { writer.member("successor_of", id.description) }
    }

    private func writeRest(_ book: CampaignBook, to writer: inout JSONWriter) {
        writer.member("description", last.description)
        writer.member("merged", book.merged(into: uid).map(\.description))
        writer.member("new_accounts", evidence.newAccounts)
        writer.object("fingerprints") { writer in
            for (kind, count) in evidence.kinds {
                writer.key(kind)
                writer.value(count)
            }
        }
        if let share = evidence.elicitation {
            writer.member("elicitation", share)
        }
        if let each = evidence.accountsPerEdge { writer.member("accounts_per_edge", each) }
        if evidence.leavesTiesOut { writer.member("ties_left_out", 1) }
        writer.objects("leads", evidence.leads) { writer, lead in
            writer.member("rule", lead.rule)
            writer.member("kind", lead.kind)
            writer.member("value", lead.value)
            writer.member("accounts", lead.accounts)
        }
        writer.objects("busiest", evidence.busiest) { writer, account in
            writer.member("account", account.account)
            writer.member("requests", account.requests)
        }
        writer.member("attacks", Atlas.techniques(of: last.campaignClass))
        writer.member("if_benign", ifBenign)
        writer.objects("history", history) { writer, entry in
            writer.member("time", entry.time.ms)
            writer.member("status", entry.status.rawValue)
            writer.member("class", entry.campaignClass.rawValue)
            writer.member("severity", entry.severity.rawValue)
            writer.member("accounts", entry.accounts)
            writer.member("requests", entry.requests)
            writer.member("score", entry.score)
        }
    }
}
