import Glibc
import Primitives

/// A temporary file without a name: whatever ends the process, nothing of it is left.
final class SpillFile {
    private let descriptor: Int32
    private let directory: String
    /// Bytes written.
    private(set) var size = 0

    /// - Throws: `InputError.spill`.
    init(in directory: String) throws(InputError) {
        var name = Array("\(directory)/stillwatch-sort-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        self.directory = directory
        guard descriptor >= 0 else { throw Self.failure(directory) }
        // The name goes at once; the file goes with its descriptor.
        guard unlink(name) == 0 else { throw Self.failure(directory) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func failure(_ directory: String) -> InputError {
        .spill(directory: directory, reason: String(cString: strerror(errno)))
    }

    /// Writes behind what is there.
    func append(_ bytes: ByteSlice) throws(InputError) {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written = pwrite(descriptor, base, rest.count, off_t(size))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(directory) }
            size += written
            rest = ByteSlice(rebasing: rest[written...])
        }
    }

    /// Reads exactly `count` bytes at `offset`.
    func read(
        _ count: Int, at offset: Int, into space: UnsafeMutableRawPointer
    ) throws(InputError) {
        var done = 0
        while done < count {
            let n = pread(descriptor, space + done, count - done, off_t(offset + done))
            if n < 0, errno == EINTR { continue }
            if n == 0 { throw .spill(directory: directory, reason: "it ends early") }
            guard n > 0 else { throw Self.failure(directory) }
            done += n
        }
    }
}
