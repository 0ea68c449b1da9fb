import Synchronization
import Telemetry
import Testing

@Suite("Progress")
struct TelemetryTests {
    @Test("the progress bar shows share and time left, never more than it knows")
    func progress() {
        #expect(
            ProgressBar.line(label: "backtest", done: 25, total: 100, elapsedMs: 10_000)
                == "backtest [#####---------------]  25 %  00:30 left")
        #expect(
            ProgressBar.line(label: "x", done: 0, total: 10, elapsedMs: 0)
                == "x [--------------------]   0 %  --:-- left")
        #expect(
            ProgressBar.line(label: "x", done: 20, total: 10, elapsedMs: 5)
                == "x [####################] 100 %  00:00 left")
        #expect(ProgressBar.line(label: "x", done: 5, total: 0, elapsedMs: 61_000) == "x 01:01")
    }
}

/// Keeps log lines.
private final class LineKeeper: Sendable {
    private let lines = Mutex<[UInt8]>([])
    func add(_ line: [UInt8]) { lines.withLock { $0 += line } }
    var text: String { lines.withLock { String(decoding: $0, as: UTF8.self) } }
}
