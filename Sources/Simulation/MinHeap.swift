/// A binary heap that gives back its smallest element first; O(log n) a push or pop.
struct MinHeap<Element: Comparable> {
    private var elements: [Element] = []

    /// Elements held.
    var count: Int { elements.count }

    /// The smallest element.
    var first: Element? { elements.first }

    /// Adds an element.
    mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0, elements[child] < elements[(child - 1) / 2] {
            elements.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Replaces the smallest element: cheaper than a pop and a push.
    mutating func replaceFirst(with element: Element) {
        elements[0] = element
        siftDown()
    }

    /// Removes the smallest element.
    mutating func removeFirst() {
        let last = elements.removeLast()
        guard !elements.isEmpty else { return }
        elements[0] = last
        siftDown()
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < elements.count else { return }
            if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
            guard elements[child] < elements[parent] else { return }
            elements.swapAt(child, parent)
            parent = child
        }
    }
}
