// What each layer of the engine costs, in CPU nanoseconds an event, from one thread and without Kafka:
//
//     swift run -c release backtest-bench [--events 1000000] [--accounts 1000000] [--seconds 200]
//
// Events are those of `simulate --preset bench` spread over so many seconds of event time; the rules are the
// starter pack. Prints one JSON object. benchmarks/README.md says what each figure covers.
import Glibc
import Kafka

struct Options {
    var events = 1_000_000
    var accounts = 1_000_000
    var seconds = 200

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else { return nil }
            switch flag {
            case "--events": events = number
            case "--accounts": accounts = number
            case "--seconds": seconds = number
            default: return nil
            }
        }
    }
}

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
    print("usage: backtest-bench [--events N] [--accounts N] [--seconds N]")
    exit(3)
}
// As the program does at its start.
_ = Library.tuneAllocator()
let bench = try LayerBench(options)
print(try await bench.run())
