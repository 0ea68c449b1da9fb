import Glibc

/// Runs another program to its end and takes what it writes.
enum Subprocess {
    /// What came of it.
    struct Result {
        /// Its exit code; 128 and the signal's number where one ended it.
        var code: Int32
        var output: [UInt8]
        var errors: [UInt8]
    }

    /// The program cannot be started.
    struct SpawnError: Error {
        /// The system's words.
        let reason: String
    }

    /// Runs the program called `name`, found as a shell finds it, without standard input.
    ///
    /// What it writes to standard error goes to a file without a name, so that neither stream waits for the other.
    static func run(_ name: String, _ arguments: [String]) throws(SpawnError) -> Result {
        var pipes: [Int32] = [0, 0]
        guard let file = tmpfile() else { throw failure(errno) }
        defer { fclose(file) }
        guard pipe(&pipes) == 0 else { throw failure(errno) }
        defer { close(pipes[0]) }
        let errors = fileno(file)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        for descriptor in pipes { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var words: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, name, &actions, nil, &words, environ)
        close(pipes[1])
        guard code == 0 else { throw failure(code) }
        let output = bytes(of: pipes[0])
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        lseek(errors, 0, SEEK_SET)
        let isExit = status & 0x7F == 0
        return Result(
            code: isExit ? status >> 8 & 0xFF : 128 + status & 0x7F, output: output,
            errors: bytes(of: errors))
    }

    private static func failure(_ code: Int32) -> SpawnError {
        SpawnError(reason: String(cString: strerror(code)))
    }

    private static func bytes(of descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return all }
            all += part[..<count]
        }
    }
}
