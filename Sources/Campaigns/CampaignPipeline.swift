import Detection
import Snapshots
import Topology

/// What the CAMPAIGN stage runs with, wherever it runs: live or over history.
public struct CampaignPipeline: Sendable {
    /// Its parameters.
    public var settings = CampaignSettings()
    /// What ENTITY tasks tell it.
    public var evidence = EvidencePlan()

    /// The stage with its defaults.
    public init() {}

    /// The findings that an output comes to, tick by tick: those of campaigns, and where findings are grouped those of
    /// leads that speak for themselves.
    public func findings(of output: CampaignOutput, _ rules: RuleSet) -> [Finding] {
        guard evidence.isGrouped else { return output.findings }
        let leads = output.leads.compactMap { step -> Finding? in
            guard let rule = rules.rule(step.lead.rule), rule.alerts else { return nil }
            return Finding(step, rule: rule.info)
        }
        return output.findings + leads
    }

    /// A CAMPAIGN task with no state, under the rules of `pipeline`.
    public func makeTask(_ pipeline: PipelineSettings) -> CampaignTask {
        CampaignTask(
            settings: settings, rules: pipeline.rules.campaigns, feeds: pipeline.rules.feeds,
            application: pipeline.application)
    }

    /// A CAMPAIGN task whose state is being restored, from the snapshot of `manifest`.
    public func makeTask(_ pipeline: PipelineSettings, restoring manifest: Manifest) -> CampaignTask
    {
        CampaignTask(
            restoring: manifest, settings: settings, rules: pipeline.rules.campaigns,
            feeds: pipeline.rules.feeds, application: pipeline.application)
    }
}

extension Finding {
    /// The finding of a lead that speaks for itself: the one its own task would have given.
    init(_ step: LeadStep, rule: RuleInfo) {
        let lead = step.lead
        self.init(
            uid: FindingID(
                rule: rule.id, entityKind: lead.subject.kind, entityValue: lead.subject.value,
                start: lead.start),
            rule: rule, status: lead.status, entityKind: lead.subject.kind,
            entityValue: lead.subject.value, time: lead.time, firstSeen: lead.start,
            lastSeen: lead.lastHeld, evidence: lead.evidence, sequence: lead.sequence)
        memberOf = step.campaign
    }
}
