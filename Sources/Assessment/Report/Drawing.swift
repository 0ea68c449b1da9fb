import Replay

/// An SVG picture of fixed size, drawn front to back. Colours are classes of the page's style sheet.
struct Drawing {
    let width: Double
    let height: Double
    private let title: String
    private var body = ""

    /// An empty picture; `title` is what a screen reader says.
    init(_ title: String, width: Double = 900, height: Double) {
        self.title = title
        self.width = width
        self.height = height
    }

    /// The element.
    var text: String {
        let size = "0 0 \(Self.number(width)) \(Self.number(height))"
        return "<svg viewBox=\"\(size)\" role=\"img\" aria-label=\"\(markup(title))\">"
            + "\(body)</svg>\n"
    }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, _ kind: String, hint: String = ""
    ) {
        body += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
        body +=
            "width=\"\(Self.number(max(width, 0.5)))\" height=\"\(Self.number(max(height, 0)))\" "
        body += "class=\"\(kind)\">\(Self.hint(hint))</rect>"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) {
        body += "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" "
        body += "x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\" class=\"\(kind)\"/>"
    }

    mutating func path(_ points: [(x: Double, y: Double)], _ kind: String) {
        let texts = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }
        body += "<polyline points=\"\(texts.joined(separator: " "))\" class=\"\(kind)\"/>"
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ kind: String, hint: String) {
        body += "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" "
        body += "r=\"\(Self.number(radius))\" class=\"\(kind)\">\(Self.hint(hint))</circle>"
    }

    /// A text that begins, is centred, or ends at a point.
    mutating func label(_ text: String, _ x: Double, _ y: Double, anchor: String = "start") {
        body += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
        body += "text-anchor=\"\(anchor)\">\(markup(text))</text>"
    }

    private static func hint(_ text: String) -> String {
        text.isEmpty ? "" : "<title>\(markup(text))</title>"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : decimal(value, places: 1)
    }
}

/// Values along one side of a chart.
struct Axis {
    let low: Double
    let high: Double
    /// Where `low` and `high` stand in the picture.
    let from: Double
    let to: Double

    /// The place of a value.
    func place(_ value: Double) -> Double {
        high > low ? from + (value - low) / (high - low) * (to - from) : from
    }

    /// About `count` round values from `low` to `high`.
    func ticks(_ count: Int) -> [Double] {
        guard high > low else { return [low] }
        let rough = (high - low) / Double(count)
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        let step = ([1, 2, 5, 10].first { power * $0 >= rough } ?? 10) * power
        var tick = (low / step).rounded(.up) * step
        var ticks: [Double] = []
        while tick <= high + step * 1e-9, ticks.count < 50 {
            ticks.append(tick)
            tick += step
        }
        return ticks
    }

    /// Times in milliseconds at whole minutes, hours or days.
    func timeTicks(_ count: Int) -> [Double] {
        let hour = 3_600_000.0
        let steps = [1.0 / 60, 1.0 / 12, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 2160]
        let step = hour * (steps.first { (high - low) / (hour * $0) <= Double(count) } ?? 8760)
        var tick = (low / step).rounded(.up) * step
        var ticks: [Double] = []
        while tick <= high, ticks.count < 50 {
            ticks.append(tick)
            tick += step
        }
        return ticks
    }
}
