import Glibc

extension MachineChecks.DirectoryFacts {
    /// What there is at the path of a directory, which need not be there yet.
    init(of path: String) {
        var status = stat()
        let isThere = stat(path, &status) == 0
        let isDirectory = isThere && status.st_mode & S_IFMT == S_IFDIR
        let nearest = isThere ? path : Self.nearestAncestor(of: path)
        var space = statvfs()
        let free =
            statvfs(nearest, &space) == 0
            ? Int64(clamping: UInt64(space.f_bavail)) * Int64(space.f_frsize) : 0
        self.init(
            isThere: isThere && !isDirectory ? nil : isThere,
            isWritable: access(nearest, W_OK | X_OK) == 0, freeBytes: free)
    }

    /// The last directory on the way to `path` that is there.
    private static func nearestAncestor(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        let parent = String(path[..<slash])
        if parent.isEmpty { return "/" }
        return access(parent, F_OK) == 0 ? parent : nearestAncestor(of: parent)
    }
}
