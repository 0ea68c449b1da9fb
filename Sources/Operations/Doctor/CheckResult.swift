/// What one check of `doctor` has found.
public struct CheckResult: Equatable, Sendable {
    /// How grave it is.
    public enum Grade: String, Sendable {
        /// As it should be.
        case ok
        /// Works now, and may not on a bad day.
        case warn
        /// Does not work, or loses something.
        case problem
    }

    /// How grave it is.
    public var grade: Grade
    /// What was checked: a topic's key, a broker, the group.
    public var subject: String
    /// What was found.
    public var text: String
    /// What to do; empty where nothing needs to be.
    public var remedy: String

    /// A result.
    public init(_ grade: Grade, _ subject: String, _ text: String, remedy: String = "") {
        self.grade = grade
        self.subject = subject
        self.text = text
        self.remedy = remedy
    }

    /// One line for people.
    public var line: String {
        let space = String(repeating: " ", count: 9 - grade.rawValue.count)
        return "\(grade.rawValue)\(space)\(sentence)"
    }

    /// The line without its grade.
    public var sentence: String { "\(subject): \(text)\(remedy.isEmpty ? "" : "; \(remedy)")" }
}

/// A number with its noun, such as `3 partitions`.
func counted(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}
