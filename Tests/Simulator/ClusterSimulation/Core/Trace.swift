/// The last events as text, to print for a seed that fails. Texts are made only while it is on.
public final class Trace {
    /// Whether events are recorded.
    public var isOn = false
    /// Called with every line as it is recorded, such as to print it at once.
    public var sink: ((String) -> Void)?
    private let capacity: Int
    private var ring: [String] = []
    private var next = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// The recorded lines, oldest first.
    public var lines: [String] {
        ring.count < capacity ? ring : Array(ring[next...] + ring[..<next])
    }

    func record(_ nowUs: Micros, _ text: String) {
        let fraction = String(nowUs % 1_000_000 + 1_000_000).dropFirst()
        let line = "\(nowUs / 1_000_000).\(fraction) \(text)"
        sink?(line)
        if ring.count < capacity {
            ring.append(line)
        } else {
            ring[next] = line
            next = (next + 1) % capacity
        }
    }
}
