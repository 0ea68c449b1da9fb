/// The codes the program ends with; `stillwatch --help` lists them.
public enum ExitCode: Int32, CaseIterable, Sendable {
    /// All is well.
    case ok = 0
    /// A check failed: a rule's test, a comparison, a validation.
    case checkFailed = 1
    /// A rule cannot be used.
    case ruleError = 2
    /// The configuration or the command line cannot be used.
    case usage = 3
    /// A broker or a file cannot be reached; another try later may succeed.
    case unreachable = 4
    /// Another process has taken over this one's name in the group. A restart takes the name back.
    case fenced = 5
    /// Records were deleted before they were read, or a topic was changed under the group: an operator must decide.
    case dataLoss = 6
    /// The program cannot go on; a restart continues from what is committed.
    case fatal = 7

    /// What the help says of the code.
    var help: String {
        switch self {
        case .ok: "All well."
        case .checkFailed: "A check failed: a rule's test, a comparison, a validation."
        case .ruleError: "A rule cannot be used."
        case .usage: "The configuration or the command line cannot be used."
        case .unreachable: "A broker or a file cannot be reached: try again."
        case .fenced: "run: another process has taken this one's instance_id over."
        case .dataLoss:
            "run: records that were not read are gone: decide ('reset', data_loss: accept)."
        case .fatal: "run: it cannot go on; a restart continues from what is committed."
        }
    }
}
