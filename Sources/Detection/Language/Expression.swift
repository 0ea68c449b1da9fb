/// An expression as written: names are not looked up, types not checked.
struct Expression {
    /// What the expression is.
    indirect enum Kind {
        case number(Double)
        case duration(ms: Int64)
        case flag(Bool)
        case text(String)
        case list([Expression])
        case name(String)
        case call(String, name: TextRange, [Expression])
        case prefix(String, Expression)
        case infix(String, operator: TextRange, Expression, Expression)
        case conditional(Expression, Expression, Expression)
    }

    var kind: Kind
    var range: TextRange
}
