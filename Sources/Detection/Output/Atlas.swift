import Primitives

/// The MITRE ATLAS techniques that rules and campaigns name, from the content of September 2026 (2026.09).
///
/// Ids outside the table pass through without a name: a rule may use a newer matrix.
public enum Atlas {
    /// The content's version.
    public static let version = "2026.09"

    /// A technique or sub-technique with its tactic.
    public struct Technique: Equatable, Sendable {
        /// `AML.T0024.002`.
        public let id: String
        /// Its name; a sub-technique's is its own.
        public let name: String
        /// The tactic's id: `AML.TA0010`.
        public let tacticID: String
        /// The tactic's name.
        public let tactic: String
        /// Its page.
        public var url: String { "https://atlas.mitre.org/techniques/\(id)" }
    }

    /// The technique called `id`; nil for one that the table does not have.
    public static func technique(_ id: String) -> Technique? {
        let base = id.split(separator: ".").prefix(2).joined(separator: ".")
        guard let name = names[id], let tactic = tactics[base] else { return nil }
        return Technique(id: id, name: name, tacticID: tactic.uid, tactic: tactic.name)
    }

    /// What a campaign of a class does, in the matrix's words; the attack of campaign rules that name none.
    public static func techniques(of campaignClass: CampaignClass) -> [String] {
        switch campaignClass {
        // Accounts are made, the model is asked through its API, its answers train a proxy, and that is a theft.
        case .distillation:
            ["AML.T0021", "AML.T0040", "AML.T0024.002", "AML.T0005.001", "AML.T0048.004"]
        case .multiAccountAbuse: ["AML.T0021", "AML.T0040"]
        case .resale: ["AML.T0021", "AML.T0008.005"]
        case .sharedAccess: ["AML.T0012", "AML.T0040"]
        case .probing: ["AML.T0040", "AML.T0063"]
        }
    }

    /// All techniques of the table, by id.
    static var all: [Technique] { names.keys.sorted().compactMap { technique($0) } }

    private static let names: [String: String] = [
        "AML.T0005": "Create Proxy AI Model",
        "AML.T0005.000": "Train Proxy via Gathered AI Artifacts",
        "AML.T0005.001": "Train Proxy via Replication",
        "AML.T0005.002": "Use Pre-Trained Model",
        "AML.T0008": "Acquire Infrastructure",
        "AML.T0008.000": "AI Development Workspaces",
        "AML.T0008.001": "Consumer Hardware",
        "AML.T0008.002": "Domains",
        "AML.T0008.003": "Physical Countermeasures",
        "AML.T0008.004": "Serverless",
        "AML.T0008.005": "AI Service Proxies",
        "AML.T0012": "Valid Accounts",
        "AML.T0021": "Establish Accounts",
        "AML.T0024": "Exfiltration via AI Inference API",
        "AML.T0024.000": "Infer Training Data Membership",
        "AML.T0024.001": "Invert AI Model",
        "AML.T0024.002": "Extract AI Model",
        "AML.T0034": "Cost Harvesting",
        "AML.T0034.000": "Excessive Queries",
        "AML.T0034.001": "Resource-Intensive Queries",
        "AML.T0034.002": "Agentic Resource Consumption",
        "AML.T0035": "AI Artifact Collection",
        "AML.T0040": "AI Model Inference API Access",
        "AML.T0042": "Verify Attack",
        "AML.T0047": "AI-Enabled Product or Service",
        "AML.T0048": "External Harms",
        "AML.T0048.000": "Financial Harm",
        "AML.T0048.004": "AI Intellectual Property Theft",
        "AML.T0054": "LLM Jailbreak",
        "AML.T0063": "Discover AI Model Outputs",
        "AML.T0125": "Create Account",
        "AML.T0126": "Automated Collection",
    ]

    private static let tactics: [String: (uid: String, name: String)] = [
        "AML.T0005": ("AML.TA0001", "AI Attack Adaptation"),
        "AML.T0008": ("AML.TA0003", "Resource Development"),
        "AML.T0012": ("AML.TA0004", "Initial Access"),
        "AML.T0021": ("AML.TA0003", "Resource Development"),
        "AML.T0024": ("AML.TA0010", "Exfiltration"),
        "AML.T0034": ("AML.TA0011", "Impact"),
        "AML.T0035": ("AML.TA0009", "Collection"),
        "AML.T0040": ("AML.TA0000", "AI Model Access"),
        "AML.T0042": ("AML.TA0001", "AI Attack Adaptation"),
        "AML.T0047": ("AML.TA0000", "AI Model Access"),
        "AML.T0048": ("AML.TA0011", "Impact"),
        "AML.T0054": ("AML.TA0012", "Privilege Escalation"),
        "AML.T0063": ("AML.TA0008", "Discovery"),
        "AML.T0125": ("AML.TA0006", "Persistence"),
        "AML.T0126": ("AML.TA0009", "Collection"),
    ]

    /// Writes the OCSF attack object of a technique (`AML.T0040`) or sub-technique (`AML.T0024.002`).
    static func writeAttack(_ id: String, to writer: inout JSONWriter) {
        let parts = id.split(separator: ".", omittingEmptySubsequences: false)
        let isAtlas = parts.count >= 2 && parts[0] == "AML"
        let baseParts = isAtlas ? 2 : 1
        let base = parts.prefix(baseParts).joined(separator: ".")
        writer.beginObject()
        if isAtlas { writer.member("version", version) }
        if let tactic = tactics[base] {
            writer.object("tactic") { writer in
                writer.member("uid", tactic.uid)
                writer.member("name", tactic.name)
            }
        }
        writer.object("technique") { writeTechnique(base, to: &$0) }
        if parts.count > baseParts {
            writer.object("sub_technique") { writeTechnique(id, to: &$0) }
        }
        writer.endObject()
    }

    private static func writeTechnique(_ id: String, to writer: inout JSONWriter) {
        writer.member("uid", id)
        if let name = names[id] {
            writer.member("name", name)
            writer.member("src_url", "https://atlas.mitre.org/techniques/\(id)")
        }
    }
}
