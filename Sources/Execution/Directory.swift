import Glibc

/// A call of the system that failed.
public struct SystemError: Error {
    /// The system's number for why.
    public let code: Int32

    /// Why, in the system's words.
    public var text: String { String(cString: strerror(code)) }
}

/// A directory of the file system.
public enum Directory {
    /// The names in the directory at `path`, sorted.
    public static func names(in path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else { throw SystemError(code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw SystemError(code: errno) }
                return names.sorted()
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }
}
