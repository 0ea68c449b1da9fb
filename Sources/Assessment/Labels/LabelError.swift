/// What is wrong with a file that a person wrote, where, and what to do.
public struct FileError: Error, Equatable, CustomStringConvertible {
    /// One problem.
    public struct Problem: Equatable, Sendable {
        /// The line, from 1.
        public var line: Int
        /// What is wrong.
        public var message: String
        /// What to do about it.
        public var advice: String
    }

    /// The file's name.
    public let file: String
    /// The first problems, at most `FileError.limit`.
    public let problems: [Problem]
    /// Problems beyond those.
    public let omitted: Int

    /// Problems that are listed.
    public static let limit = 20

    /// A line for each problem, with what to do about it.
    public var description: String {
        let lines = problems.map { problem in
            let advice = problem.advice.isEmpty ? "" : "; \(problem.advice)"
            return "\(file):\(problem.line): error: \(problem.message)\(advice)\n"
        }
        return lines.joined() + (omitted > 0 ? "\(file): \(omitted) more errors\n" : "")
    }
}

/// Gathers problems of one file.
struct ProblemList {
    private(set) var problems: [FileError.Problem] = []
    private(set) var count = 0

    mutating func add(_ message: String, line: Int, advice: String = "") {
        count += 1
        guard problems.count < FileError.limit else { return }
        problems.append(FileError.Problem(line: line, message: message, advice: advice))
    }

    /// Throws what was gathered, if anything.
    func check(_ file: String) throws(FileError) {
        guard count > 0 else { return }
        throw FileError(file: file, problems: problems, omitted: count - problems.count)
    }
}
