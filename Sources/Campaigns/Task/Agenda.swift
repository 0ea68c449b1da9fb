/// Things to do at points of time, numbered.
struct Agenda<Item: Sendable>: Sendable {
    private var items: [Int64: [Item]] = [:]
    /// The points with something to do, descending.
    private var order: [Int64] = []

    /// The first point with something to do.
    var first: Int64? { order.last }

    /// Notes a point, so that it is not passed over.
    mutating func note(_ point: Int64) {
        guard items[point] == nil else { return }
        items[point] = []
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle] > point { low = middle + 1 } else { high = middle }
        }
        order.insert(point, at: low)
    }

    /// Adds something to do at a point.
    mutating func add(_ item: Item, at point: Int64) {
        note(point)
        items[point, default: []].append(item)
    }

    /// Takes what is to be done up to a point, in order.
    mutating func take(upTo point: Int64) -> [Item] {
        var taken: [Item] = []
        while let next = order.last, next <= point {
            order.removeLast()
            taken += items.removeValue(forKey: next) ?? []
        }
        return taken
    }

    /// Everything there is to do, by point.
    var sorted: [(point: Int64, items: [Item])] {
        order.reversed().map { ($0, items[$0] ?? []) }
    }
}

/// An edge, by the slots of its ends.
struct EdgePlace: Sendable {
    var account: Int32
    var fingerprint: Int32
}
