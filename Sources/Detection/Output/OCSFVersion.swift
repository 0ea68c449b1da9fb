/// A version of OCSF that findings can be written in.
///
/// Findings are made for the newest one. What an older one has no attribute for stands under `unmapped`, at the path
/// that the newest one has for it.
public enum OCSFVersion: String, CaseIterable, Sendable {
    /// 1.8.0, which has a place for everything but our own words.
    case v18 = "1.8.0"
    /// 1.3.0: no `is_alert`, no state of analytics, evidences with fewer objects and without names.
    case v13 = "1.3.0"
    /// 1.1.0: as 1.3.0, and evidences know neither users nor devices.
    case v11 = "1.1.0"

    /// Whether everything has its place.
    var isNewest: Bool { self == .v18 }

    /// The schema of a Detection Finding.
    var classSchema: String { "https://schema.ocsf.io/\(rawValue)/classes/detection_finding" }

    /// The types of observables it knows; others are Other.
    var observableTypes: Set<Int> {
        switch self {
        case .v18: [2, 12, 16, 31, 47]
        case .v13: [2, 12, 16]
        case .v11: [2]
        }
    }
}
