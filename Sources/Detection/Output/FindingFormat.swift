/// The shape findings are written in.
public enum FindingFormat: String, CaseIterable, Sendable {
    /// OCSF Detection Finding (class 2004): what SIEMs take as it is.
    case ocsf
    /// One small object with the finding's own words.
    case flat
}
