import Primitives

extension JSONWriter {
    /// Writes a span of time.
    mutating func span(_ span: ClosedRange<EventTime>) {
        beginObject()
        member("from", span.lowerBound)
        member("to", span.upperBound)
        endObject()
    }

    /// Writes an episode with what it is on.
    mutating func episode(_ episode: Episode) {
        beginObject()
        member("rule", episode.rule)
        member("entity", episode.entity)
        episodeMembers(episode)
        endObject()
    }

    /// Writes one side of a difference.
    mutating func side(_ episode: Episode) {
        beginObject()
        episodeMembers(episode)
        endObject()
    }

    private mutating func episodeMembers(_ episode: Episode) {
        member("uid", episode.uid.description)
        member("version", episode.version)
        member("severity", episode.severity.rawValue)
        member("opened", episode.opened)
        if let closed = episode.closed { member("closed", closed) }
    }

    /// Writes the numbers of a comparison as members.
    mutating func comparison(_ counts: EpisodeDiff.Counts) {
        key("comparison")
        beginObject()
        member("before", counts.before)
        member("after", counts.after)
        for change in EpisodeDiff.Change.allCases {
            key(change.rawValue)
            value(counts.changes[change] ?? 0)
        }
        endObject()
    }

    /// Writes what a rule has cost, but for times, which differ between equal runs.
    mutating func cost(_ name: StaticString, _ cost: ReportedRule.Cost) {
        key(name)
        beginObject()
        member("evaluations", cost.evaluations)
        member("entities", cost.entities)
        member("bytes", cost.bytes)
        endObject()
    }

    /// Writes evidence over time.
    mutating func timeline(_ timeline: Timeline) {
        beginObject()
        member("rule", timeline.rule)
        member("entity", timeline.entity)
        member("evidence", timeline.threshold.evidence)
        member("comparison", timeline.threshold.comparison)
        member("threshold", timeline.threshold.number)
        objects("points", timeline.points) { writer, point in
            writer.member("time", point.time)
            writer.member("value", point.value)
        }
        endObject()
    }

    /// Writes a share with its interval.
    mutating func proportion(_ name: StaticString, _ proportion: Proportion) {
        share(name, proportion.value, proportion.interval)
    }

    private mutating func share(
        _ name: StaticString, _ share: Double?, _ interval: ClosedRange<Double>?
    ) {
        key(name)
        beginObject()
        member("value", share)
        list("interval", interval.map { [$0.lowerBound, $0.upperBound] } ?? []) { $0.value($1) }
        endObject()
    }

    /// Writes a key, counts, and what follows from them.
    mutating func confusion(_ name: StaticString, _ confusion: Confusion) {
        key(name)
        beginObject()
        member("found", confusion.found)
        member("wrong", confusion.wrong)
        member("missed", confusion.missed)
        member("unlabelled", confusion.unlabelled)
        proportion("precision", confusion.precision)
        proportion("recall", confusion.recall)
        share("f1", confusion.f1, confusion.f1Interval)
        endObject()
    }

    /// Writes a key and a curve.
    private mutating func curve(_ name: StaticString, _ curve: SurvivalCurve) {
        key(name)
        beginObject()
        member("subjects", curve.subjects)
        member("censored", curve.censored)
        member("p50_ms", curve.time(detecting: 0.5).map { Double($0) })
        member("p90_ms", curve.time(detecting: 0.9).map { Double($0) })
        objects("steps", curve.steps) { writer, step in
            writer.member("ms", Int(step.ms))
            writer.member("at_risk", step.atRisk)
            writer.member("detected", step.detected)
            writer.member("undetected", step.share)
        }
        endObject()
    }

    /// Writes requests and tokens.
    private mutating func load(_ name: StaticString, _ load: ActivityLedger.Load) {
        key(name)
        beginObject()
        member("requests", load.requests)
        member("tokens", load.tokens)
        endObject()
    }

    /// Writes a score.
    mutating func score(_ score: Score) {
        beginObject()
        confusion("accounts", score.accounts)
        confusion("entities", score.entities)
        confusion("farms", score.farms)
        curve("farm_detection", score.farmDetection)
        curve("account_detection", score.accountDetection)
        load("leaked", score.leaked)
        load("total", score.total)
        key("bans")
        beginObject()
        member("finding_first", score.bans.findingFirst)
        member("ban_first", score.bans.banFirst)
        endObject()
        list("per_farm", score.perFarm) { $0.farm($1) }
        endObject()
    }

    private mutating func farm(_ farm: Score.Farm) {
        beginObject()
        member("name", farm.name)
        member("verdict", farm.verdict.rawValue)
        member("accounts", farm.accounts)
        member("start", farm.start)
        member("last", farm.last)
        if let ended = farm.ended { member("ended", ended) }
        if let found = farm.found { member("found", found) }
        if let rule = farm.rule { member("rule", rule) }
        member("findings", farm.findings)
        load("leaked", farm.leaked)
        load("total", farm.total)
        endObject()
    }
}
