/// Rows in columns, for people: text to the left, numbers to the right.
struct TextTable {
    private let head: [String]
    private let numbers: Set<Int>
    private var rows: [[String]] = []

    /// A table with these column heads; `numbers` are the columns of numbers.
    init(_ head: [String], numbers: Set<Int>) {
        self.head = head
        self.numbers = numbers
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines.
    var text: String {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return numbers.contains(column) ? space + row[column] : row[column] + space
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
