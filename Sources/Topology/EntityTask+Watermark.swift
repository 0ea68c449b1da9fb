import Primitives

/// Where event time stands, and who keeps it there.
extension EntityTask {
    /// The source partition that the watermark waits for: one that has not reported yet, or else, of those that are
    /// neither idle nor ended, the one behind all others. nil where nothing has come, or nobody is waited for.
    public var slowestSource: Int? {
        if let silent = progress.sources.firstIndex(where: { !$0.hasReported }) { return silent }
        var slowest: Int?
        for (number, source) in progress.sources.enumerated() where source.flags == 0 {
            if let known = slowest, progress.sources[known].firstOpenPane <= source.firstOpenPane {
                continue
            }
            slowest = number
        }
        return slowest
    }
}
