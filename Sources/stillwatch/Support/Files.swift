import Configuration
import Execution
import Glibc
import Replay

/// Small files, read whole, and directories.
enum Files {
    private static let limit = 16 << 20

    /// The bytes of the file at `path`; `-` is standard input.
    ///
    /// - Throws: `Failure` with 4 when it cannot be read, with 3 when it is over 16 MiB.
    static func bytes(of path: String) throws(Failure) -> [UInt8] {
        do throws(InputError) {
            var file = try InputFile(path: path)
            var all: [UInt8] = []
            let space = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 16)
            defer { space.deallocate() }
            while true {
                let count = try file.read(into: space, capacity: 1 << 16)
                if count == 0 { return all }
                all.append(contentsOf: UnsafeRawBufferPointer(start: space, count: count))
                if all.count > limit { break }
            }
        } catch {
            throw Failure(.unreachable, error.description)
        }
        throw Failure(.usage, "\(path): over 16 MiB")
    }

    /// The text of the file at `path`; invalid UTF-8 is repaired.
    static func text(of path: String) throws(Failure) -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }

    /// The file of events at `path`; `-` is standard input.
    ///
    /// - Throws: `Failure` with 4 where it cannot be read, with 3 for a directory.
    static func source(_ path: String, maxRecord: Int) throws(Failure) -> FileSource {
        if path != "-" {
            guard let isDirectory = isDirectory(path) else {
                throw Failure(.unreachable, "\(path): no such file")
            }
            if isDirectory {
                throw Failure(.usage, "\(path) is a directory: name the files, as in \(path)/*")
            }
        }
        do throws(InputError) {
            return try FileSource(path: path, maxRecord: maxRecord)
        } catch {
            throw Failure(.unreachable, error.description)
        }
    }

    /// Whether `path` is a directory; nil when there is nothing.
    static func isDirectory(_ path: String) -> Bool? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// Bytes of the file at `path`; nil when there is none.
    static func size(of path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// The names in the directory at `path`, sorted, without hidden ones.
    static func names(in path: String) throws(Failure) -> [String] {
        do throws(SystemError) {
            return try Directory.names(in: path).filter { !$0.hasPrefix(".") }
        } catch {
            throw Failure(.unreachable, "\(path): cannot read: \(error.text)")
        }
    }
}
