/// A partition of numbers 0 ..< n into sets that only ever join.
struct Partition {
    private var parents: [Int32]
    private(set) var sizes: [Int32]

    init(_ count: Int) {
        parents = (0..<Int32(count)).map { $0 }
        sizes = Array(repeating: 1, count: count)
    }

    /// The number that stands for the set of `i`.
    mutating func root(_ i: Int32) -> Int32 {
        var i = i
        while parents[Int(i)] != i {
            parents[Int(i)] = parents[Int(parents[Int(i)])]
            i = parents[Int(i)]
        }
        return i
    }

    /// Joins two sets; returns the roots of both, the one that stays first, or nil where they are one.
    @discardableResult
    mutating func join(_ a: Int32, _ b: Int32) -> (kept: Int32, lost: Int32)? {
        var (a, b) = (root(a), root(b))
        if a == b { return nil }
        if sizes[Int(a)] < sizes[Int(b)] { swap(&a, &b) }
        parents[Int(b)] = a
        sizes[Int(a)] += sizes[Int(b)]
        return (a, b)
    }
}
