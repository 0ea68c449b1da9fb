import Glibc
import Primitives

/// Why output cannot be written.
enum OutputError: Error {
    /// The reader has gone away.
    case closed
    /// The system refused; the text names the file and the reason.
    case failed(String)
}

/// Where a command's data goes: standard output, or a file that appears whole or not at all.
///
/// A file is written beside its place under another name and moved there by `finish()`; without that it is
/// removed. What is no regular file (a pipe, `/dev/null`) is written directly.
struct Output: ~Copyable {
    private let descriptor: Int32
    private let name: String
    private let moves: (from: String, to: String)?
    private var buffer = ByteBuffer(capacity: 1 << 17)
    private var isFinished = false
    /// Bytes taken so far.
    private(set) var bytes = 0

    private static let flushAt = 1 << 16

    /// Output to `path`; nil and `-` are standard output.
    ///
    /// - Throws: `failed` when the file cannot be created.
    init(path: String?) throws(OutputError) {
        guard let path, path != "-" else {
            descriptor = STDOUT_FILENO
            name = "standard output"
            moves = nil
            return
        }
        name = path
        var status = stat()
        let exists = stat(path, &status) == 0
        let isSpecial = exists && status.st_mode & S_IFMT != S_IFREG
        let target = isSpecial ? path : "\(path).\(getpid()).partial"
        moves = isSpecial ? nil : (target, path)
        descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 {
            throw .failed("\(path): cannot write: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if descriptor != STDOUT_FILENO { close(descriptor) }
        if let moves, !isFinished { unlink(moves.from) }
    }

    /// Takes `bytes`.
    mutating func write(_ bytes: ByteSlice) throws(OutputError) {
        self.bytes += bytes.count
        buffer.append(bytes)
        if buffer.count >= Self.flushAt { try flush() }
    }

    /// Takes `text`.
    mutating func write(text: String) throws(OutputError) {
        let start = buffer.count
        buffer.append(text: text)
        bytes += buffer.count - start
        if buffer.count >= Self.flushAt { try flush() }
    }

    /// Hands on what was taken.
    mutating func flush() throws(OutputError) {
        var rest = buffer.bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written = Glibc.write(descriptor, base, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { throw .closed }
                throw .failed("\(name): cannot write: \(String(cString: strerror(errno)))")
            }
            rest = ByteSlice(rebasing: rest[written...])
        }
        buffer.removeAll()
    }

    /// Hands on the rest and puts the file in its place.
    mutating func finish() throws(OutputError) {
        try flush()
        guard let moves, !isFinished else { return }
        // On disk before it has its name: after a crash the file is whole or not there.
        guard fsync(descriptor) == 0, rename(moves.from, moves.to) == 0 else {
            throw .failed("\(name): cannot write: \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }

    /// Writes `text` to standard output.
    ///
    /// - Throws: what ends a command where that fails; see `writing`.
    static func print(_ text: String) throws {
        try writing { () throws(OutputError) in
            var output = try Output(path: nil)
            try output.write(text: text)
            try output.finish()
        }
    }

    /// Whether standard output is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// Runs `body` and turns its output errors into what ends a command.
func writing<R: ~Copyable>(_ body: () throws(OutputError) -> R) throws -> R {
    do throws(OutputError) {
        return try body()
    } catch {
        switch error {
        case .closed: throw OutputClosed()
        case .failed(let reason): throw Failure(.unreachable, reason)
        }
    }
}
