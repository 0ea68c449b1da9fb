/// Spreads `count` requests evenly over `span`, each within its own slot.
struct EvenClock {
    private let span: Range<Int64>
    private let count: Int
    private let slotMs: Double
    private(set) var issued = 0

    init(span: Range<Int64>, count: Int) {
        self.span = span
        self.count = span.isEmpty ? 0 : count
        slotMs = Double(span.count) / Double(max(1, count))
    }

    /// The time of the next request; `place` in [0, 1) is where in its slot it falls.
    mutating func next(place: Double) -> Int64 {
        guard issued < count else { return .max }
        let offset = (Double(issued) + place) * slotMs
        issued += 1
        return min(span.upperBound - 1, span.lowerBound + Int64(offset))
    }
}
