import Detection
import Primitives
import YAML

/// Turns rows into labels and checks them against each other.
struct LabelSetBuilder {
    var problems = ProblemList()
    private var labels = LabelSet()
    private var campaignIndex: [String: Int] = [:]
    /// Campaigns that have a row of their own, by the line of it.
    private var declared: [String: Int] = [:]
    private let kinds = Vocabulary().kinds

    /// The labels, or all that is wrong with the file.
    func finish(_ file: String) throws(FileError) -> LabelSet {
        try problems.check(file)
        return labels
    }

    /// Adds a row.
    mutating func add(_ row: LabelRow) {
        guard let value = row[.value] else {
            return problems.add(
                "a label without a value", line: row.line, advice: "fill in 'value'")
        }
        guard let verdict = verdict(of: row), let from = time(row, .from), let to = time(row, .to)
        else { return }
        if let from, let to, to < from {
            return problems.add("'to' is before 'from'", line: row.line, advice: "swap them")
        }
        switch row[.type] {
        case "account": addAccount(value, verdict, (from, to), row)
        case "fingerprint": addFingerprint(value, verdict, row)
        case "campaign": addCampaign(value, verdict, (from, to), row)
        case let type:
            problems.add(
                "unknown type '\(type ?? "")'", line: row.line,
                advice: LabelReader.advice(type ?? "", ["account", "fingerprint", "campaign"]))
        }
    }

    private mutating func addAccount(
        _ name: String, _ verdict: Verdict, _ span: (EventTime?, EventTime?), _ row: LabelRow
    ) {
        guard labels.accountIndex[name] == nil else {
            return problems.add(
                "account '\(name)' is labelled twice", line: row.line,
                advice: "keep one of the rows")
        }
        let campaign = row[.campaign].flatMap { self.campaign($0, verdict, row.line) }
        let index = labels.accounts.count
        labels.accountIndex[name] = index
        labels.accounts.append(
            LabelSet.Account(
                name: name, verdict: verdict, from: span.0, to: span.1, campaign: campaign))
        if let campaign { labels.campaigns[campaign].accounts.append(index) }
    }

    private mutating func addFingerprint(_ value: String, _ verdict: Verdict, _ row: LabelRow) {
        let prefix = "fingerprints."
        let name = row[.kind] ?? ""
        let kind = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        guard kinds.contains(kind) || (name.hasPrefix(prefix) && !kind.isEmpty) else {
            let close = suggestion(for: kind, among: kinds).map { "did you mean '\($0)'?" }
            return problems.add(
                "unknown fingerprint kind '\(kind)'", line: row.line,
                advice: close ?? "write \(prefix)\(kind) for a kind of your own")
        }
        let campaign = row[.campaign].flatMap { self.campaign($0, verdict, row.line) }
        labels.fingerprints["\(kind):\(value)", default: []].append(
            LabelSet.Claim(
                verdict: verdict, campaign: campaign, isExclusive: row.isExclusive,
                accounts: row.accounts))
    }

    private mutating func addCampaign(
        _ name: String, _ verdict: Verdict, _ span: (EventTime?, EventTime?), _ row: LabelRow
    ) {
        if let line = declared[name] {
            return problems.add(
                "campaign '\(name)' is already in line \(line)", line: row.line,
                advice: "keep one of the rows")
        }
        declared[name] = row.line
        guard let index = campaign(name, verdict, row.line) else { return }
        labels.campaigns[index].from = span.0
        labels.campaigns[index].to = span.1
    }

    /// The campaign called `name`, which is what its first row says; nil where rows contradict each other.
    private mutating func campaign(_ name: String, _ verdict: Verdict, _ line: Int) -> Int? {
        if let index = campaignIndex[name] {
            guard labels.campaigns[index].verdict != verdict else { return index }
            problems.add(
                "campaign '\(name)' is \(labels.campaigns[index].verdict.rawValue) in a row above",
                line: line, advice: "give a campaign and its members one verdict")
            return nil
        }
        campaignIndex[name] = labels.campaigns.count
        labels.campaigns.append(LabelSet.Campaign(name: name, verdict: verdict))
        return labels.campaigns.count - 1
    }

    /// Without a verdict a label is confirmed; `banned` is confirmed and has an end.
    private mutating func verdict(of row: LabelRow) -> Verdict? {
        switch row[.verdict] {
        case nil: return .confirmed
        case "banned":
            if row[.to] != nil { return .confirmed }
            problems.add("a ban without its time", line: row.line, advice: "fill in 'to'")
            return nil
        case let text?:
            if let verdict = Verdict(rawValue: text) { return verdict }
            problems.add(
                "unknown verdict '\(text)'", line: row.line,
                advice: LabelReader.advice(text, ["confirmed", "banned", "benign"]))
            return nil
        }
    }

    /// The time in a column: nil in the outer sense after a report, in the inner where there is none.
    private mutating func time(_ row: LabelRow, _ column: LabelRow.Column) -> EventTime?? {
        guard let text = row[column] else { return .some(nil) }
        if let time = TimeText.time(text) { return .some(time) }
        problems.add(
            "'\(column.rawValue)' is no time: '\(text)'", line: row.line,
            advice: "write \(TimeText.forms)")
        return nil
    }
}

extension LabelSetBuilder {
    /// Adds a JSON object: a label in our own words, or a line of `simulate --labels`.
    mutating func add(_ pairs: [Node.Pair], line: Int) {
        var texts: [String: String] = [:]
        for pair in pairs {
            if let scalar = pair.value.scalar, !scalar.isNull { texts[pair.name] = scalar.text }
        }
        let isSimulated = texts["population"] != nil
        switch texts["type"] {
        case "bad_record", "summary", "ordinary": return
        case "farm", "look_alike": addPopulation(texts, line)
        case "account" where isSimulated, "fingerprint" where isSimulated:
            addMember(texts, line)
        default:
            var row = LabelRow(line: line)
            for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
                guard let column = LabelRow.Column(rawValue: name) else {
                    problems.add(
                        "unknown name '\(name)'", line: line,
                        advice: LabelReader.advice(name, LabelRow.names))
                    return
                }
                row[column] = text
            }
            add(row)
        }
    }

    private mutating func addPopulation(_ texts: [String: String], _ line: Int) {
        var row = LabelRow(line: line)
        row[.type] = "campaign"
        row[.value] = texts["population"]
        row[.verdict] = texts["type"] == "farm" ? "confirmed" : "benign"
        row[.from] = texts["first"]
        add(row)
    }

    /// A member has its population's verdict; the population's line stands above.
    private mutating func addMember(_ texts: [String: String], _ line: Int) {
        let name = texts["population"] ?? ""
        guard let index = campaignIndex[name] else {
            return problems.add(
                "population '\(name)' has no line above", line: line,
                advice: "keep the lines in the order 'simulate --labels' writes them")
        }
        var row = LabelRow(line: line)
        row[.type] = texts["type"]
        row[.campaign] = name
        row[.verdict] = labels.campaigns[index].verdict.rawValue
        row[.value] = texts["account"]
        row[.from] = texts["first"]
        if let entity = texts["entity"] {
            let kind = entity.prefix { $0 != ":" }
            row[.kind] = kinds.contains(String(kind)) ? String(kind) : "fingerprints.\(kind)"
            row[.value] = String(entity.dropFirst(kind.count + 1))
        }
        row.isExclusive = texts["exclusive"] != "false"
        row.accounts = texts["accounts"].flatMap { Int($0) } ?? 0
        add(row)
    }
}
