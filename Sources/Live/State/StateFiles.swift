import Broker
import Execution
import Glibc
import Primitives

/// The calls of the file system that snapshots need, with errors that say what to do.
///
/// A file is written under a temporary name, synchronised and renamed, and its directory is synchronised: after
/// a crash it is there whole or not at all.
enum StateFiles {
    /// What temporary names end with.
    static let temporarySuffix = ".tmp"

    /// The engine's word for the last failed call.
    static func failure(
        _ action: String, _ path: String, _ code: Int32 = errno
    ) -> BrokerError {
        func error(_ move: BrokerError.Move, _ advice: String = "") -> BrokerError {
            BrokerError(
                move, action: "\(action) \(path)", text: String(cString: strerror(code)),
                advice: advice)
        }
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            return error(.retry, "make room: older snapshots stay usable meanwhile")
        case EACCES, EPERM, EROFS, ENOTDIR, ENOENT, ELOOP, ENAMETOOLONG:
            return error(.configuration, "the state directory must be writable by this user")
        case EMFILE, ENFILE, EINTR, EAGAIN:
            return error(.retry)
        default: return error(.fatal)
        }
    }

    /// Throws what may pass, or be put right; an error of the disk itself is damage to the file.
    static func throwUnlessDamage(_ action: String, _ path: String) throws(BrokerError) {
        let error = failure(action, path)
        guard error.move == .fatal else { throw error }
    }

    /// Makes a directory and those above it, to last.
    static func makeDirectory(_ path: String) throws(BrokerError) {
        let slash = path.lastIndex(of: "/").flatMap { $0 == path.startIndex ? nil : $0 }
        let parent = slash.map { String(path[..<$0]) }
        if mkdir(path, 0o750) != 0 {
            if errno == EEXIST { return }
            guard errno == ENOENT, let parent else { throw failure("make", path) }
            try makeDirectory(parent)
            if mkdir(path, 0o750) != 0 {
                guard errno == EEXIST else { throw failure("make", path) }
                return
            }
        }
        // One that may not be read has to do without.
        try? synchronise(parent ?? (path.hasPrefix("/") ? "/" : "."))
    }

    /// The names in a directory, sorted; none where there is no such directory.
    ///
    /// - Throws: where there is one, and it cannot be read.
    static func names(in path: String) throws(BrokerError) -> [String] {
        do throws(SystemError) {
            return try Directory.names(in: path)
        } catch {
            if error.code == ENOENT { return [] }
            throw failure("list", path, error.code)
        }
    }

    /// Bytes of a file; 0 where it is gone.
    static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Removes a file; one that is gone already is no failure.
    static func remove(_ path: String) { unlink(path) }

    /// Writes a file of these parts in one go, durable when this returns; nothing is left where it fails.
    static func write(
        _ name: String, in directory: String, _ parts: [ByteSlice]
    ) throws(BrokerError) {
        let path = "\(directory)/\(name)"
        let temporary = path + temporarySuffix
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw failure("write", temporary) }
        do throws(BrokerError) {
            defer { close(file) }
            for part in parts { try append(part, to: file, temporary) }
            guard fsync(file) == 0 else { throw failure("write", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = failure("write", path)
            unlink(temporary)
            throw error
        }
        try synchronise(directory)
    }

    private static func append(
        _ bytes: ByteSlice, to file: Int32, _ path: String
    ) throws(BrokerError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            done += count
        }
    }

    private static func synchronise(_ directory: String) throws(BrokerError) {
        let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("write", directory) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("write", directory) }
    }
}
