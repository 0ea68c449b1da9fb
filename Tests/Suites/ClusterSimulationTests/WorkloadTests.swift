import ClusterSimulation
import Delivery
import Testing

@Suite("Workloads under faults")
struct WorkloadTests {
    @Test("a program that keeps the rules copies every record once")
    func exact() {
        for seed in UInt64(1)...60 {
            let report = CopyWorkload(seed: seed).run(seconds: 40)
            #expect(report.isExact, "seed \(seed): \(report)")
            #expect(report.batches > 50, "seed \(seed): \(report)")
        }
    }

    @Test("a program that reuses a producer over a broken connection is found out")
    func planted() {
        let found = (UInt64(1)...60).contains { seed in
            !CopyWorkload(seed: seed, reusesBrokenProducer: true).run(seconds: 40).isExact
        }
        #expect(found)
    }

    @Test("a program that reads offsets a transaction may still change is found out")
    func unstableOffsets() {
        var settings = ClientSettings()
        settings.readsUnstableOffsets = true
        let found = (UInt64(1)...60).contains { seed in
            !CopyWorkload(seed: seed, settings: settings).run(seconds: 40).isExact
        }
        #expect(found)
    }

    @Test("records of committed transactions are there once, those of aborted ones never")
    func producers() {
        for seed in UInt64(1)...40 {
            let problems = ProducerWorkload(seed: seed).run(seconds: 40)
            #expect(problems.isEmpty, "seed \(seed): \(problems.prefix(5))")
        }
    }
}
