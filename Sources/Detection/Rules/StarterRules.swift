import YAML

/// The rules that run where the user names none: the YAML files of `Starter`, embedded at build.
///
/// They are few and strong: each asks for many accounts on one thing they have no reason to share, and for a second,
/// independent sign: balanced load (`evenness`), unrelated payers, or mostly new accounts. The state they need:
/// fingerprints of seven kinds with accounts (loads over 24 h) and payers; two dimensions an account.
///
/// `stillwatch rules starter --out DIR` writes the files, to be read, copied and changed.
public enum StarterRules {
    /// The rule files by name, those on farms first, campaign rules last; each holds one rule.
    public static let files: [(name: String, text: String)] = [
        file("shared_identity.yaml", PackageResources.shared_identity_yaml),
        file("card_bin.yaml", PackageResources.card_bin_yaml),
        file("signup_cohort.yaml", PackageResources.signup_cohort_yaml),
        file("shared_frame.yaml", PackageResources.shared_frame_yaml),
        file("credential_spread.yaml", PackageResources.credential_spread_yaml),
        file("harvest.yaml", PackageResources.harvest_yaml),
        file("lead_shared_means.yaml", PackageResources.lead_shared_means_yaml),
        file("lead_frame_of_few_payers.yaml", PackageResources.lead_frame_of_few_payers_yaml),
        file("lead_frame_of_one_issuer.yaml", PackageResources.lead_frame_of_one_issuer_yaml),
        file("lead_even_frame.yaml", PackageResources.lead_even_frame_yaml),
        file("lead_dispatched_together.yaml", PackageResources.lead_dispatched_together_yaml),
        file("lead_issuer_of_few_payers.yaml", PackageResources.lead_issuer_of_few_payers_yaml),
        file("lead_harvest_together.yaml", PackageResources.lead_harvest_together_yaml),
        file("lead_blob_replay.yaml", PackageResources.lead_blob_replay_yaml),
        file("campaign_blob_replay.yaml", PackageResources.campaign_blob_replay_yaml),
        file("campaign_distillation.yaml", PackageResources.campaign_distillation_yaml),
        file("campaign_multi_account.yaml", PackageResources.campaign_multi_account_yaml),
    ]

    private static func file(_ name: String, _ bytes: [UInt8]) -> (name: String, text: String) {
        (name, String(decoding: bytes, as: UTF8.self))
    }

    /// The rule files as sources for `RuleLoader.load`; diagnostics name them `starter/<file>`.
    public static var sources: [SourceText] {
        files.map { SourceText(name: "starter/" + $0.name, text: $0.text) }
    }
}
