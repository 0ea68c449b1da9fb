import Events
import Topology

/// The fingerprints and signals that commands read which show events to people.
enum UsualNames {
    /// Kinds of fingerprints that are read beside those that rules use.
    private static let kinds = [
        "payment", "card_bin", "device", "tls_ja4", "ip", "asn", "prompt_template", "system_prompt",
        "tool_set", "user_agent", "email_domain", "signup_cohort",
    ]

    /// The names asked for, those rules use, those of the field map, and the usual ones: as many as a decoder takes.
    static func tracked(_ pipeline: PipelineSettings, first: [String] = []) -> TrackedNames {
        let used = pipeline.plan.tracked
        var (kinds, signals) = (first + used.kinds, used.signals)
        for target in pipeline.fieldMap.sources.keys.sorted(by: { $0.name < $1.name }) {
            switch target {
            case .fingerprint(let kind): kinds.append(kind)
            case .signal(let name): signals.append(name)
            case .field: break
            }
        }
        return TrackedNames(kinds: first64(kinds + Self.kinds), signals: first64(signals))
    }

    private static func first64(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return Array(names.filter { seen.insert($0).inserted }.prefix(64))
    }
}
