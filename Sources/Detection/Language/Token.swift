/// A run of bytes of an expression's text.
struct TextRange: Equatable {
    var lower: Int
    var upper: Int

    /// The run from the start of this one to the end of `other`.
    func through(_ other: TextRange) -> TextRange {
        TextRange(lower: lower, upper: max(upper, other.upper))
    }
}

/// What is wrong with an expression, and where.
struct ExpressionError: Error {
    var message: String
    var range: TextRange
    var notes: [String] = []
}

/// The smallest part of an expression.
struct Token {
    enum Kind: Equatable {
        case number(Double)
        case duration(ms: Int64)
        case text(String)
        /// A name, dots included: `signals.task`.
        case name(String)
        /// An operator or a bracket.
        case symbol(String)
        case end
    }

    var kind: Kind
    var range: TextRange
}
