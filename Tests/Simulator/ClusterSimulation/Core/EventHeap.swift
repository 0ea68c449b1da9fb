/// What happens at one moment of virtual time.
typealias Action = () -> Void

/// The pending events, ordered by time and, at the same time, by the order in which they were added.
///
/// A binary heap of small nodes; the closures stay in their slots while nodes move. Adding and taking are
/// O(log n).
struct EventHeap {
    private struct Node {
        var timeUs: Micros
        var sequence: UInt64
        var slot: Int

        func isBefore(_ other: Node) -> Bool {
            timeUs != other.timeUs ? timeUs < other.timeUs : sequence < other.sequence
        }
    }

    private var nodes: ContiguousArray<Node> = []
    private var actions: ContiguousArray<Action?> = []
    private var freeSlots: ContiguousArray<Int> = []
    private var nextSequence: UInt64 = 0

    /// Pending events.
    var count: Int { nodes.count }

    /// When the next event happens; nil where there is none.
    var nextTimeUs: Micros? { nodes.first?.timeUs }

    mutating func add(at timeUs: Micros, _ action: @escaping Action) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            actions[slot] = action
        } else {
            slot = actions.count
            actions.append(action)
        }
        nodes.append(Node(timeUs: timeUs, sequence: nextSequence, slot: slot))
        nextSequence += 1
        siftUp(nodes.count - 1)
    }

    /// Takes the next event out.
    mutating func take() -> (timeUs: Micros, sequence: UInt64, action: Action)? {
        guard let first = nodes.first, let last = nodes.popLast() else { return nil }
        if !nodes.isEmpty {
            nodes[0] = last
            siftDown()
        }
        guard let action = actions[first.slot] else { return nil }
        actions[first.slot] = nil
        freeSlots.append(first.slot)
        return (first.timeUs, first.sequence, action)
    }

    /// Forgets every event.
    mutating func removeAll() {
        nodes = []
        actions = []
        freeSlots = []
    }

    private mutating func siftUp(_ start: Int) {
        nodes.withUnsafeMutableBufferPointer { nodes in
            let node = nodes[start]
            var index = start
            while index > 0 {
                let parent = (index - 1) / 2
                guard node.isBefore(nodes[parent]) else { break }
                nodes[index] = nodes[parent]
                index = parent
            }
            nodes[index] = node
        }
    }

    private mutating func siftDown() {
        nodes.withUnsafeMutableBufferPointer { nodes in
            let node = nodes[0]
            var index = 0
            while true {
                var child = 2 * index + 1
                guard child < nodes.count else { break }
                if child + 1 < nodes.count, nodes[child + 1].isBefore(nodes[child]) { child += 1 }
                guard nodes[child].isBefore(node) else { break }
                nodes[index] = nodes[child]
                index = child
            }
            nodes[index] = node
        }
    }
}
