import Primitives

/// How far a source partition has come, as an ENTITY task knows it from its blocks.
public struct SourceStatus: Equatable, Sendable {
    /// The last offset the blocks have wholly covered; nil before the first.
    public var through: Int64?
    /// The first pane the source has not closed.
    public var firstOpenPane: Pane
    /// The pane of its highest event time; nil before its first event.
    public var lastPane: Pane?
    /// Whether it holds the others back: it has reported, and is neither idle nor ended.
    public var isActive: Bool
    /// Whether it has read what there was for now: then it holds the watermark, and nobody's reading.
    public var isCaughtUp: Bool
}
