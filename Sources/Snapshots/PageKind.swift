/// What a page's items are; the stage that writes them gives the numbers their meaning.
public struct PageKind: RawRepresentable, Hashable, Sendable {
    /// The number that stands in the page.
    public var rawValue: UInt8

    /// The kind with a number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}
