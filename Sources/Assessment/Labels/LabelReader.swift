import Detection
import Primitives
import YAML

/// Reads label files: CSV with a header, JSON Lines with the same names, and what `simulate --labels` writes.
///
/// Columns: `type` (account, fingerprint, campaign), `kind` (of fingerprints), `value`, `verdict` (confirmed,
/// banned, benign), `from`, `to`, `campaign`. All problems of a file are told at once. O(rows); JSON lines
/// go through the YAML parser, about 10 µs each.
public enum LabelReader {
    /// The labels in `bytes`; `name` is what messages call the file.
    ///
    /// - Throws: `FileError` with each bad row; the user has to correct the file.
    public static func read(_ bytes: [UInt8], name: String) throws(FileError) -> LabelSet {
        var builder = LabelSetBuilder()
        let first = bytes.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }
        if first == UInt8(ascii: "{") {
            readLines(bytes, &builder)
        } else {
            readTable(bytes, &builder)
        }
        return try builder.finish(name)
    }

    private static func readTable(_ bytes: [UInt8], _ builder: inout LabelSetBuilder) {
        var reader = CSVReader(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes)
        guard let head = reader.row() else {
            return builder.problems.add("the file is empty", line: 1, advice: headerAdvice)
        }
        let columns = head.fields.map { LabelRow.Column(rawValue: $0.lowercased()) }
        for (name, column) in zip(head.fields, columns) where column == nil {
            builder.problems.add(
                "unknown column '\(name)'", line: head.line, advice: advice(name, LabelRow.names))
        }
        for column in [LabelRow.Column.type, .value] where !columns.contains(column) {
            builder.problems.add(
                "no column '\(column.rawValue)'", line: head.line, advice: headerAdvice)
        }
        guard builder.problems.count == 0 else { return }
        while let fields = reader.row() {
            guard fields.fields.count <= columns.count else {
                let message = "\(fields.fields.count) fields where the header has \(columns.count)"
                let advice = "put a value with a comma in double quotes"
                builder.problems.add(message, line: fields.line, advice: advice)
                continue
            }
            var row = LabelRow(line: fields.line)
            for (column, text) in zip(columns, fields.fields) {
                if let column { row[column] = text }
            }
            builder.add(row)
        }
    }

    private static let headerAdvice =
        "begin with the header type,kind,value,verdict,from,to,campaign"

    /// What may have been meant by `word`, else all there is.
    static func advice(_ word: String, _ known: [String]) -> String {
        if let close = suggestion(for: word, among: known) { return "did you mean '\(close)'?" }
        return "use one of \(known.joined(separator: ", "))"
    }

    private static func readLines(_ bytes: [UInt8], _ builder: inout LabelSetBuilder) {
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            .enumerated() where line.contains(where: { $0 > 0x20 })
        {
            let diagnostics = Diagnostics()
            let text = SourceText(name: "", bytes: Array(line))
            let documents = parseYAML(text, diagnostics: diagnostics)
            guard documents.count == 1, let pairs = documents[0].pairs else {
                let reason = diagnostics.errors.first.map { ": \($0.message)" } ?? ""
                builder.problems.add(
                    "this line is no JSON object\(reason)", line: index + 1,
                    advice: "write one object a line")
                continue
            }
            builder.add(pairs, line: index + 1)
        }
    }
}
