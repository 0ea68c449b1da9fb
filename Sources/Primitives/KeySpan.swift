/// A run of 64-bit keys, from `start` up to but not including `end`; it may pass the last key and go on at 0.
public struct KeySpan: Equatable, Sendable {
    /// The first key.
    public var start: UInt64
    /// The first key behind the run: where the next one begins.
    public var end: UInt64
    /// Whether it goes once around; else equal ends mean that it is empty.
    public var isAll: Bool

    /// The keys from `start` up to `end`, or all.
    public init(start: UInt64, end: UInt64, isAll: Bool = false) {
        self.start = start
        self.end = end
        self.isAll = isAll
    }

    /// All keys, beginning and ending at `key`.
    public static func all(from key: UInt64) -> KeySpan {
        KeySpan(start: key, end: key, isAll: true)
    }

    /// Keys in the run, unless it is all.
    public var length: UInt64 { end &- start }

    /// Whether the run has `key`.
    public func contains(_ key: UInt64) -> Bool { isAll || key &- start < length }
}
