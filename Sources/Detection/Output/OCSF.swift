/// The words of OCSF 1.8.0 that a Detection Finding uses.
enum OCSF {
    static let version = "1.8.0"
    static let classSchema = "https://schema.ocsf.io/1.8.0/classes/detection_finding"
    static let classUID = 2004

    /// A value of an enumeration: its id and the caption beside it.
    struct Term {
        let id: Int
        let caption: String
    }

    static func activity(_ status: Finding.Status) -> Term {
        switch status {
        case .create: Term(id: 1, caption: "Create")
        case .update: Term(id: 2, caption: "Update")
        case .close: Term(id: 3, caption: "Close")
        }
    }

    static func status(_ status: Finding.Status) -> Term {
        switch status {
        case .create: Term(id: 1, caption: "New")
        case .update: Term(id: 2, caption: "In Progress")
        case .close: Term(id: 4, caption: "Resolved")
        }
    }

    static func severity(_ severity: Severity) -> Term {
        switch severity {
        case .informational: Term(id: 1, caption: "Informational")
        case .low: Term(id: 2, caption: "Low")
        case .medium: Term(id: 3, caption: "Medium")
        case .high: Term(id: 4, caption: "High")
        case .critical: Term(id: 5, caption: "Critical")
        }
    }

    static func analyticState(shadow: Bool) -> Term {
        shadow ? Term(id: 3, caption: "Experimental") : Term(id: 1, caption: "Active")
    }
}
