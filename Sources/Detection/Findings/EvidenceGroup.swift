/// What a sign is a sign of. Within a group signs repeat each other, so only the strongest counts; across groups they
/// are independent of each other.
public enum EvidenceGroup: String, CaseIterable, Sendable {
    /// Who pays and who signed up: cards, devices, cohorts.
    case identity
    /// Where requests come from.
    case network
    /// With what software they are sent.
    case client
    /// What is asked: frames, system prompts, tool sets, tasks.
    case content
    /// When it is asked, and how evenly.
    case time
    /// What it costs, and who gains by it.
    case economics
}
