import Assessment
import Configuration
import Detection
import Replay

/// In which readings the campaigns of each set of rules are found.
///
/// Campaigns follow from what all rules of a set find together, from the accounts each fingerprint was seen with, and
/// from how many accounts there are. The reading that all sets share keeps what any of them needs; where that is more
/// than one set alone keeps, or the other set feeds campaigns otherwise, campaigns are found in a reading of that set
/// alone. So they are those that a live run under the set would find.
struct CampaignReadings {
    /// Whether the shared reading finds the campaigns of the rules as they are.
    let isShared: Bool
    /// The rules as they are, where their campaigns take a reading of their own.
    let own: RuleSet?
    /// The rules compared with, where theirs do.
    let old: RuleSet?
    /// Whether the rules compared with have the same campaigns as the rules as they are.
    let isSame: Bool
    /// What a report says of campaigns; nil where neither set has any.
    let notes: CampaignNotes?

    /// Decides about `own` and `old`, each compiled alone, and `shared`, which is all that runs.
    init(_ settings: Settings, own: RuleSet, old: RuleSet?, shared: RuleSet) {
        let hasStage = settings.campaigns.alerts != .off
        let hasOwn = hasStage && own.hasCampaigns
        let hasOld = hasStage && old?.hasCampaigns == true
        let keepsTheSame =
            own.accountSchema == shared.accountSchema
            && own.fingerprintSchema == shared.fingerprintSchema
        isShared = hasOwn && keepsTheSame
        self.own = hasOwn && !keepsTheSame ? own : nil
        isSame = hasOwn && hasOld && old.map { Self.isSame(own, $0) } ?? false
        self.old = hasOld && !isSame ? old : nil
        notes =
            hasOwn || hasOld
            ? CampaignNotes(
                windowMs: settings.campaigns.windowMs,
                isGrouped: settings.campaigns.alerts == .grouped) : nil
    }

    /// Whether two sets have the same campaigns whatever is read: what feeds them, decides about them and is kept for
    /// them is equal.
    private static func isSame(_ a: RuleSet, _ b: RuleSet) -> Bool {
        let feeding = { (set: RuleSet) in set.rules.filter { $0.campaign != nil } }
        let (first, second) = (feeding(a), feeding(b))
        return first.map(\.digest) == second.map(\.digest)
            && first.map(\.campaign) == second.map(\.campaign)
            && a.campaigns.digest == b.campaigns.digest
            && a.campaigns.rules.map(\.info.severity) == b.campaigns.rules.map(\.info.severity)
            && a.accountSchema == b.accountSchema && a.fingerprintSchema == b.fingerprintSchema
    }

    /// Says which readings there will be beside the shared one.
    ///
    /// - Throws: `Failure` where the input can be read once only.
    func check(_ invocation: Invocation) throws(Failure) {
        let again = [(own, "--rules"), (old, "--compare")].filter { $0.0 != nil }.map(\.1)
        guard !again.isEmpty else { return }
        let names = again.joined(separator: " and of ")
        if invocation.arguments.contains("-") {
            throw Failure(
                .usage,
                "the campaigns of \(names) take a reading of their own, which standard input (-) cannot give: "
                    + "name files, or compare without campaigns by --set campaigns.alerts=off")
        }
        Console.error("the campaigns of \(names) take a reading of their own\n")
    }

    /// Campaigns of one set.
    struct Found {
        /// What is said of them, in canonical order.
        var findings: [Finding]
        /// Their members.
        var memberships: Memberships
    }

    /// Reads for campaigns that the shared reading has not found: those of the rules as they are go into `report`,
    /// those of the rules compared with are returned.
    func read(
        _ pass: BacktestPass, _ input: BacktestInput, into report: inout ReplayDriver.Report
    ) async throws -> Found? {
        if let own {
            let alone = try await pass.alone(own, input)
            report.findings += Self.campaigns(of: alone)
            report.findings.sort(by: ReplayDriver.precedes)
            (report.members, report.memberships) = (alone.members, alone.memberships)
            (report.campaigns, report.openCampaigns) = (alone.campaigns, alone.openCampaigns)
            report.gapEpisodes.formUnion(alone.gapEpisodes)
            report.add(gapsOf: alone)
        }
        if isSame {
            return Found(findings: Self.campaigns(of: report), memberships: report.memberships)
        }
        guard let old else { return nil }
        let alone = try await pass.alone(old, input)
        report.add(gapsOf: alone)
        return Found(findings: Self.campaigns(of: alone), memberships: alone.memberships)
    }

    private static func campaigns(of report: ReplayDriver.Report) -> [Finding] {
        report.findings.filter { $0.campaign != nil }
    }
}

extension ReplayDriver.Report {
    /// Adds what another reading has missed, as records that retention took in between.
    fileprivate mutating func add(gapsOf other: ReplayDriver.Report) {
        for gap in other.gaps where !gaps.contains(gap) { gaps.append(gap) }
    }
}
