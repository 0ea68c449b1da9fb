import Primitives

/// A finding in its own words, one flat object.
struct FlatFinding {
    let finding: Finding

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("uid", finding.uid.description)
        writer.member("rule", finding.rule.id)
        writer.member("version", finding.rule.version)
        writer.member("severity", finding.rule.severity.rawValue)
        writer.member("status", finding.status.rawValue)
        writer.member("shadow", finding.rule.shadow)
        writer.member("entity", finding.entity)
        finding.campaign?.write(to: &writer)
        if let benign = finding.ifBenign { writer.member("if_benign", benign) }
        if let campaign = finding.memberOf { writer.member("campaign", campaign.description) }
        writer.member("time", finding.time)
        writer.member("first_seen", finding.firstSeen)
        writer.member("last_seen", finding.lastSeen)
        writer.object("evidence") { writer in
            for (name, value) in finding.distinctEvidence {
                writer.key(name)
                value.write(to: &writer)
            }
        }
        writer.member("description", finding.rule.description)
        writer.endObject()
    }
}
