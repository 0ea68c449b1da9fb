/// The share of subjects still undetected, by time since they began: the product-limit estimator.
///
/// A subject that was cut short (banned by others, or still undetected where history ends) is censored: it counts as
/// undetected up to then and not at all afterwards (E. L. Kaplan and P. Meier, 1958).
public struct SurvivalCurve: Sendable, Equatable {
    /// One subject: how long it was watched, and whether it was detected at the end of that.
    public struct Subject: Sendable, Equatable {
        /// Milliseconds from its beginning.
        public var ms: Int64
        /// Detected then, or censored.
        public var isDetected: Bool

        /// A subject.
        public init(ms: Int64, isDetected: Bool) {
            self.ms = ms
            self.isDetected = isDetected
        }
    }

    /// A time at which subjects were detected.
    public struct Step: Sendable, Equatable {
        /// Milliseconds from the beginning.
        public var ms: Int64
        /// Subjects watched just before.
        public var atRisk: Int
        /// Subjects detected then.
        public var detected: Int
        /// The share undetected from then on.
        public var share: Double
    }

    /// The steps by time.
    public let steps: [Step]
    /// Subjects.
    public let subjects: Int
    /// Subjects censored.
    public let censored: Int
    /// The longest time any was watched.
    public let endMs: Int64

    /// The curve of `subjects`. O(n log n).
    public init(_ subjects: [Subject]) {
        let sorted = subjects.sorted { $0.ms < $1.ms }
        var steps: [Step] = []
        var share = 1.0
        var i = 0
        while i < sorted.count {
            let ms = sorted[i].ms
            let here = sorted[i...].prefix { $0.ms == ms }
            let detected = here.count { $0.isDetected }
            if detected > 0 {
                let atRisk = sorted.count - i
                share *= 1 - Double(detected) / Double(atRisk)
                steps.append(Step(ms: ms, atRisk: atRisk, detected: detected, share: share))
            }
            i += here.count
        }
        self.steps = steps
        self.subjects = subjects.count
        censored = subjects.count { !$0.isDetected }
        endMs = sorted.last?.ms ?? 0
    }

    /// The first time by which a share `part` is detected; nil where the curve does not come that far.
    public func time(detecting part: Double) -> Int64? {
        // A share that should be exactly 0.5 may be a rounding error above it.
        steps.first { $0.share <= 1 - part + 1e-12 }?.ms
    }
}
