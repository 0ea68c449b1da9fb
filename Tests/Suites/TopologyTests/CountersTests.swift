import Testing
import Topology

/// One table says everything of the numbers the engine counts.
@Suite struct CountersTests {
    @Test("every number has a row, and is added to its own")
    func table() {
        var one = Counters()
        for (place, counter) in Counters.table.enumerated() {
            one[keyPath: counter.value] = 1 << place
        }
        let numbers = Mirror(reflecting: one).children.compactMap { $0.value as? Int }
        #expect(numbers.count == Counters.table.count)
        #expect(Set(numbers) == Set(Counters.table.indices.map { 1 << $0 }))
        one.rejected[3] = 7
        var sum = one
        sum.add(one)
        for counter in Counters.table {
            #expect(sum[keyPath: counter.value] == 2 * one[keyPath: counter.value])
        }
        #expect(sum.rejected[3] == 14)
    }

    @Test("what is held is forgotten, and what was done is not")
    func held() {
        var counters = Counters()
        for counter in Counters.table { counters[keyPath: counter.value] = 5 }
        counters.forgetHeld()
        for counter in Counters.table {
            #expect(counters[keyPath: counter.value] == (counter.kind == .gauge ? 0 : 5))
        }
    }

    @Test("names are Prometheus's, each once; what only rises ends in _total")
    func names() {
        let names = Counters.table.map(\.name)
        #expect(Set(names).count == names.count)
        let fields = Counters.table.compactMap(\.field)
        #expect(Set(fields).count == fields.count)
        for counter in Counters.table {
            #expect(counter.name.wholeMatch(of: /stillwatch_[a-z][a-z_]*/) != nil)
            #expect(counter.name.hasSuffix("_total") == (counter.kind == .counter))
            #expect(counter.help.hasSuffix(".") && counter.help.count > 10)
        }
    }
}
