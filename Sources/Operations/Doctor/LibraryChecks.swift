import Kafka

/// Judges the client library by what is known of its release.
public enum LibraryChecks {
    /// What tells which defects matter here.
    public struct Use: Equatable, Sendable {
        /// Whether clients authenticate by SCRAM.
        public var usesSCRAM: Bool
        /// Whether some broker is 4.0 or newer; nil where none tells.
        public var hasNewBrokers: Bool?
        /// Whether some topic of ours elects unclean leaders; nil where that cannot be seen.
        public var electsUnclean: Bool?

        /// A use.
        public init(usesSCRAM: Bool, hasNewBrokers: Bool?, electsUnclean: Bool?) {
            self.usesSCRAM = usesSCRAM
            self.hasNewBrokers = hasNewBrokers
            self.electsUnclean = electsUnclean
        }
    }

    /// The release, and a line for each of its defects.
    public static func judge(
        _ version: Library.Version, _ defects: [Library.Defect], _ use: Use
    ) -> [CheckResult] {
        let summary = "\(version), \(defects.count) known defects concern this program"
        return [CheckResult(.ok, "librdkafka", summary)] + defects.map { judge($0, use) }
    }

    private static func judge(_ defect: Library.Defect, _ use: Use) -> CheckResult {
        let fixed = defect.fixedIn.map { "fixed in \($0)" } ?? "in every release"
        let (grade, note) = grade(defect, use)
        return CheckResult(
            grade, "librdkafka \(defect.name)", "\(defect.consequence) (\(fixed)\(note))",
            remedy: grade == .ok && !defect.isWorkedAround ? "" : defect.remedy)
    }

    private static func grade(
        _ defect: Library.Defect, _ use: Use
    ) -> (CheckResult.Grade, String) {
        if defect.isWorkedAround { return (.ok, ", worked around") }
        switch defect.name {
        case "scram-nonce":
            guard use.usesSCRAM else { return (.ok, ", SCRAM is not used here") }
            return use.hasNewBrokers == false
                ? (.warn, ", brokers here are older")
                : (use.hasNewBrokers == nil ? .warn : .problem, "")
        case "log-truncation":
            switch use.electsUnclean {
            case false?: return (.ok, ", no unclean elections here")
            case true?: return (.problem, ", and such elections are allowed here")
            case nil: return (.warn, "")
            }
        default: return (.warn, "")
        }
    }
}
