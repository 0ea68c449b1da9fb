/// The words of OCSF that a Detection Finding uses; they mean the same in all versions.
enum OCSF {
    static let classUID = 2004

    /// A value of an enumeration: its id and the caption beside it.
    struct EnumValue {
        let id: Int
        let caption: String
    }

    static func activity(_ status: Finding.Status) -> EnumValue {
        switch status {
        case .create: EnumValue(id: 1, caption: "Create")
        case .update: EnumValue(id: 2, caption: "Update")
        case .close: EnumValue(id: 3, caption: "Close")
        }
    }

    static func status(_ status: Finding.Status) -> EnumValue {
        switch status {
        case .create: EnumValue(id: 1, caption: "New")
        case .update: EnumValue(id: 2, caption: "In Progress")
        case .close: EnumValue(id: 4, caption: "Resolved")
        }
    }

    static func severity(_ severity: Severity) -> EnumValue {
        switch severity {
        case .informational: EnumValue(id: 1, caption: "Informational")
        case .low: EnumValue(id: 2, caption: "Low")
        case .medium: EnumValue(id: 3, caption: "Medium")
        case .high: EnumValue(id: 4, caption: "High")
        case .critical: EnumValue(id: 5, caption: "Critical")
        }
    }

    static func analyticState(shadow: Bool) -> EnumValue {
        shadow ? EnumValue(id: 3, caption: "Experimental") : EnumValue(id: 1, caption: "Active")
    }
}
