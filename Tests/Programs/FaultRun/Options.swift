import Foundation

/// What the command line asks for.
struct Options {
    var faults = 20
    var seed: UInt64 = 1
    var rate = 600
    var release: String?
    var keeps = false

    static let usage = """
        Runs three instances on three brokers under load, kills and freezes what there is, and compares the \
        committed findings with those of a backtest over the input topic.

        fault-run [--faults 20] [--seed 1] [--rate 600] [--release 3.9] [--keep]

        """

    init(_ words: [String]) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--faults": faults = try Self.number(&rest, word)
            case "--seed": seed = UInt64(try Self.number(&rest, word))
            case "--rate": rate = try Self.number(&rest, word)
            case "--release": release = rest.popFirst()
            case "--keep": keeps = true
            default: throw Problem("unknown option \(word)\n\(Self.usage)")
            }
        }
    }

    private static func number(_ rest: inout ArraySlice<String>, _ name: String) throws -> Int {
        guard let number = rest.popFirst().flatMap({ Int($0) }), number >= 0 else {
            throw Problem("\(name) needs a number")
        }
        return number
    }
}

/// Why the run cannot go on.
struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Says what is going on, on standard error.
func say(_ text: String) {
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - startNs) / 1e9
    let line = String(format: "%7.1f s  %@\n", seconds, text)
    FileHandle.standardError.write(Data(line.utf8))
}

let startNs = DispatchTime.now().uptimeNanoseconds
/// Seconds since the start of the program.
func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds - startNs) / 1e9 }
