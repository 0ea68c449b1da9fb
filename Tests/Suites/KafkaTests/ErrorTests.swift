import Broker
import Kafka
import KafkaTestSupport
import Testing

@Suite struct ErrorTests {
    @Test("every error code of the running library is classified")
    func total() {
        let codes = LibraryFacts.errorCodes
        #expect(codes.count > 100)
        let missing = codes.filter { BrokerError.classifiedMove(forCode: $0) == nil }
        // Codes of releases after the table was written are fatal, which is safe; ours are complete.
        let known = missing.filter { $0 <= 97 && ($0 >= -1 || $0 <= -140) }
        #expect(known.isEmpty, "\(known.map { BrokerError.name(ofCode: $0) })")
    }

    @Test("a code nobody knows is fatal")
    func unknown() {
        #expect(BrokerError.move(forCode: 9_999) == .fatal)
        #expect(BrokerError.move(forCode: -120) == .fatal)
    }

    @Test(
        "the classes that exactly-once stands on are as Kafka's protocol has them",
        arguments: [
            (22, BrokerError.Move.abortTransaction), (25, .abortTransaction), (82, .fenced),
            (90, .fenced), (-144, .fenced), (-147, .retry), (47, .fatal), (48, .fatal),
            (49, .fatal), (-1, .fatal),
            (51, .retry), (-184, .retry), (-185, .retry), (-195, .unreachable), (1, .outOfRange),
            (-140, .outOfRange), (29, .configuration), (58, .configuration), (10, .rejected),
            (36, .benign), (-191, .benign),
        ] as [(Int32, BrokerError.Move)])
    func classes(code: Int32, move: BrokerError.Move) {
        #expect(BrokerError.move(forCode: code) == move)
        let error = BrokerError(code: code, action: "test")
        #expect(error.move == move)
        #expect(error.code.rawValue == code)
        #expect(error.description.contains(error.name))
    }

    @Test("a handshake that breaks off is no wrong certificate")
    func handshake() {
        let text = "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?"
        #expect(BrokerError(code: -181, action: "connect", text: text).move == .unreachable)
        let wrong = "SSL handshake failed: certificate verify failed"
        #expect(BrokerError(code: -181, action: "connect", text: wrong).move == .configuration)
        #expect(BrokerError.move(forCode: -193) == .unreachable, "names come and go")
    }

    @Test("an authentication error tells of SCRAM where the library is too old for new brokers")
    func scram() {
        let text = BrokerError(code: 58, action: "connect").description
        #expect(text.contains("SCRAM") == (Library.version < Library.Version(2, 6, 1)))
    }

    @Test("a version is ordered and printed by its numbers")
    func version() {
        #expect(Library.Version(2, 0, 2) < Library.Version(2, 6, 1))
        #expect(Library.Version(2, 10, 0) > Library.Version(2, 6, 1))
        #expect(Library.Version(2, 10, 1).description == "2.10.1")
        #expect(Library.version >= Library.Version(2, 0, 2))
    }

    @Test(
        "defects are those of the release, each with a consequence and, where one can act, a remedy"
    )
    func defects() {
        let old = Library.defects(of: Library.Version(2, 0, 2))
        let new = Library.defects(of: Library.Version(2, 15, 0))
        #expect(old.map(\.name).contains("scram-nonce"))
        #expect(!new.map(\.name).contains("scram-nonce"))
        #expect(new.map(\.name).contains("transaction-retry"))
        #expect(Set(old.map(\.name)).count == old.count)
        #expect(old.allSatisfy { !$0.consequence.isEmpty })
        #expect(old.allSatisfy { $0.isWorkedAround || !$0.remedy.isEmpty })
        #expect(Library.knownDefects == Library.defects(of: Library.version))
    }

    @Test("a broker's release is read off its protocol, where it tells one")
    func release() {
        func release(_ text: String?) -> BrokerRelease {
            BrokerRelease(
                properties: ["a": "b"].merging(
                    text.map { ["inter.broker.protocol.version": $0] } ?? [:]
                ) { $1 })
        }
        #expect(release("3.9-IV0") == .protocolOf(major: 3, minor: 9))
        #expect(release("2.5") == .protocolOf(major: 2, minor: 5))
        #expect(release(nil) == .atLeast4)
        #expect(release("odd") == .unknown)
        #expect(BrokerRelease(properties: [:]) == .unknown)
        #expect(release("3.9-IV0").isOlder(than: 4, 0) && !release(nil).isOlder(than: 4, 0))
        #expect(release("3.9-IV0").description == "3.9")
    }
}
