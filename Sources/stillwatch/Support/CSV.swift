/// Comma-separated values (RFC 4180).
enum CSV {
    /// A line; a cell that a spreadsheet would take for a formula gets an apostrophe.
    static func line(_ cells: [String]) -> String {
        let fields = cells.map { cell in
            let safe = cell.first.map { "=+-@\t".contains($0) } == true ? "'" + cell : cell
            let isPlain = !safe.contains { ",\"\n\r\r\n".contains($0) }
            return isPlain ? safe : "\"\(safe.replacing("\"", with: "\"\""))\""
        }
        return fields.joined(separator: ",") + "\n"
    }
}
