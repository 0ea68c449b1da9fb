import Broker
import ClusterSimulation
import Kafka
import Testing

@Suite("Error codes")
struct ErrorCodeTests {
    @Test("names and moves are those of the real client", arguments: ErrorCode.allCases)
    func table(code: ErrorCode) {
        #expect(code.name == BrokerError.name(ofCode: code.rawValue))
        #expect(code.move.rawValue == BrokerError.move(forCode: code.rawValue).rawValue)
    }
}
