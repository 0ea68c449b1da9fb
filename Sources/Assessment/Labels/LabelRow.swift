import Primitives

/// One row of a label file: texts as they stand, by column.
struct LabelRow {
    /// The columns, in the order the documentation has them.
    enum Column: String, CaseIterable {
        case type, kind, value, verdict, from, to, campaign
    }

    /// The line, from 1.
    var line: Int
    private var texts: [Column: String] = [:]
    /// Whether nobody outside of the campaign has the fingerprint.
    var isExclusive = true
    /// Accounts of the campaign that have the fingerprint; 0 where nothing says so.
    var accounts = 0

    init(line: Int) { self.line = line }

    /// The text of a column; nil where it is missing or empty.
    subscript(column: Column) -> String? {
        get { texts[column] }
        set { texts[column] = newValue?.isEmpty == true ? nil : newValue }
    }

    static let names = Column.allCases.map(\.rawValue)
}
