import Foundation

/// A child process with its output in a file.
final class Child {
    let pid: pid_t
    private(set) var exit: Int32?

    /// Starts `program`; what it says on standard error is appended to `log`, its output goes to `output`.
    init(_ program: URL, _ arguments: [String], log: URL, output: URL? = nil) throws {
        var words: [UnsafeMutablePointer<CChar>?] = ([program.path] + arguments).map { strdup($0) }
        words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("STILLWATCH_") }.map { strdup("\($0.key)=\($0.value)") }
        variables.append(nil)
        defer { for word in words + variables { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, 1, output?.path ?? "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_addopen(
            &actions, 2, log.path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        var child: pid_t = 0
        let code = posix_spawn(&child, program.path, &actions, nil, &words, &variables)
        guard code == 0 else { throw Problem("cannot start \(program.path): error \(code)") }
        pid = child
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGCONT)
        kill(pid, SIGKILL)
        _ = wait()
    }

    /// Whether it has not ended.
    var isRunning: Bool {
        if exit != nil { return false }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return true }
        exit = status
        return false
    }

    func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

    /// Waits for its end; the exit code, or 128 and the signal.
    @discardableResult
    func wait() -> Int32 {
        while exit == nil {
            var status: Int32 = 0
            if waitpid(pid, &status, 0) == pid { exit = status }
        }
        return code ?? -1
    }

    /// The exit code, or 128 and the signal; nil while it runs.
    var code: Int32? {
        guard let exit else { return nil }
        let signal = exit & 0x7f
        return signal == 0 ? (exit >> 8) & 0xff : 128 + signal
    }

    /// Runs a program to its good end.
    static func run(
        _ program: URL, _ arguments: [String], log: URL, output: URL? = nil
    ) throws {
        let code = try Child(program, arguments, log: log, output: output).wait()
        guard code == 0 else {
            let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            throw Problem(
                "\(program.lastPathComponent) \(arguments.joined(separator: " ")) ended with \(code)\n"
                    + said.suffix(2000))
        }
    }
}
