/// How the requests of an entity spread over the values of one dimension within a window.
public struct Loads: Equatable, Sendable {
    /// Estimated distinct values.
    public var values: Double
    /// Values in the sample the other fields describe.
    public var sampled: Int
    /// Requests of the sampled values.
    public var sum: Int64
    /// Sum of the squares of the sampled values' requests.
    public var sumOfSquares: Double
    /// Requests of the busiest sampled value.
    public var largest: Int64
    /// Requests of the two busiest after that together.
    public var runnersUp: Int64

    /// Loads as counted.
    public init(
        values: Double, sampled: Int, sum: Int64, sumOfSquares: Double, largest: Int64,
        runnersUp: Int64 = 0
    ) {
        self.values = values
        self.sampled = sampled
        self.sum = sum
        self.sumOfSquares = sumOfSquares
        self.largest = largest
        self.runnersUp = runnersUp
    }
}

/// The requests of an entity in the equal stretches of a window that are over.
public struct Stretches: Equatable, Sendable {
    /// How many there are, empty ones included.
    public var count: Int
    /// Requests in all of them.
    public var sum: Int64 = 0
    /// Sum of the squares of their requests.
    public var sumOfSquares = 0.0

    /// So many empty ones.
    public init(count: Int) { self.count = count }

    /// Adds requests to one that was empty.
    public mutating func add(_ requests: Int64) {
        sum += requests
        sumOfSquares += Double(requests) * Double(requests)
    }
}

/// Numbers about one entity at one moment: everything a rule's condition can ask.
///
/// Windows are in panes and end with the pane being evaluated; measures and dimensions are indices into
/// the entity class's `StateSchema`. Used generically (specialised), never as an existential.
public protocol FeatureSource {
    /// The sum of a measure within the window.
    func sum(measure: Int, window: UInt32) -> Int64
    /// Estimated distinct values of a dimension within the window; exact while small.
    func distinct(dimension: Int, window: UInt32) -> Double
    /// Sampled loads of a dimension's values within the window.
    func loads(dimension: Int, window: UInt32) -> Loads
    /// Values (accounts) seen within the window and younger than so many panes; NaN where that is unknown.
    func newborn(dimension: Int, window: UInt32, youngerThan: UInt32) -> Double
    /// A measure in the equal stretches of the window that are over, from the one after the first event on. A stretch
    /// is the largest power of two of panes that is at most a 32nd of the window.
    func stretches(measure: Int, window: UInt32) -> Stretches
    /// Distinct hours with activity among the last so many, the present one included.
    func activeHours(hours: UInt32) -> Int
    /// Panes since the entity was first seen.
    var agePanes: UInt32 { get }
    /// What sort of entity it is.
    var kind: EntityKind { get }
    /// 1 while a verdict holds that confirms it, else 0.
    var reputation: Double { get }
}

extension FeatureSource {
    /// Nobody has decided anything about it.
    public var reputation: Double { 0 }

    /// Nothing is known of stretches.
    public func stretches(measure: Int, window: UInt32) -> Stretches { Stretches(count: 0) }
}
