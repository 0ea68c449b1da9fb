/// What the program is asked to do.
struct Options {
    static let usage = """
        Runs the program below its Kafka client in simulated clusters under faults, a seed a run, and compares
        what comes out with an undisturbed run.

        cluster-sim [--seeds 1000] [--first 1] [--jobs N]   so many seeds; exits with 1 if one goes wrong
        cluster-sim --seed S [--trace]                      one seed, told in detail
        cluster-sim --planted NAME|all [--seeds 5000]       with a deliberate bug, until a seed finds it
        """

    var first: UInt64 = 1
    var seeds: UInt64 = 1000
    var jobs = 0
    var isSingle = false
    var traces = false
    var planted: String?

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        var given: UInt64?
        while let name = rest.popFirst() {
            switch name {
            case "--seeds": given = try Self.number(&rest, name)
            case "--first": first = try Self.number(&rest, name)
            case "--seed":
                first = try Self.number(&rest, name)
                isSingle = true
            case "--jobs": jobs = Int(try Self.number(&rest, name))
            case "--trace": traces = true
            case "--planted":
                guard let value = rest.popFirst() else { throw Problem("--planted needs a name") }
                planted = value
            case "--help", "-h": throw Problem(Self.usage)
            default: throw Problem("unknown option \(name)\n\(Self.usage)")
            }
        }
        seeds = isSingle ? 1 : given ?? (planted == nil ? 1000 : 5000)
    }

    private static func number(_ rest: inout ArraySlice<String>, _ name: String) throws -> UInt64 {
        guard let number = rest.popFirst().flatMap({ UInt64($0) }) else {
            throw Problem("\(name) needs a number")
        }
        return number
    }
}

/// Why nothing can be run.
struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
