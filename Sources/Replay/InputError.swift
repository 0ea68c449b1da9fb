/// Why input cannot be read.
public enum InputError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or read; `reason` is the system's.
    case unreadable(path: String, reason: String)
    /// A packed file is damaged or cut off; `offset` is where in the packed bytes, `format` is `gzip` or `zstd`.
    case damaged(path: String, format: String, offset: Int, reason: String)
    /// The file is in a format that is not read; `remedy` is a command that makes it one that is.
    case foreign(path: String, format: String, remedy: String)
    /// A temporary file of a sort cannot be written or read back; `reason` is the system's.
    case spill(directory: String, reason: String)
    /// A partition of a topic cannot be read; `reason` says why and what would help.
    case topic(name: String, reason: String)

    /// What happened, with the file's path.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot read: \(reason)"
        case .damaged(let path, let format, let offset, let reason):
            "\(path): damaged \(format) data near byte \(offset): \(reason); "
                + "check the file with '\(format) -t', or cut it off before that point"
        case .foreign(let path, let format, let remedy):
            "\(path): \(format) is not read here; make it text, gzip or zstd first: '\(remedy)'"
        case .topic(let name, let reason): "\(name): \(reason)"
        case .spill(let directory, let reason):
            "a temporary file of --sort in \(directory): \(reason); it takes about as much space as "
                + "the events unpacked: name another place with --temp-directory"
        }
    }
}
