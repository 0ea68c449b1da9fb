import Assessment
import Events
import Primitives
import Testing
import Topology

/// Going from a fingerprint to all accounts behind it.
@Suite("Hunt")
struct HunterTests {
    private static let kinds = ["payment", "device", "ip", "subnet"]

    private static func hunter(
        _ entities: [String], from: Int64 = 0, to: Int64 = .max, gateways: [String] = []
    ) -> Hunter {
        var targets = HuntTargets()
        for entity in entities {
            let isAdded = targets.add(entity)
            #expect(isAdded)
        }
        return Hunter(
            targets, kinds: kinds, range: EventTime(ms: from)..<EventTime(ms: to),
            gateways: gateways)
    }

    private static func observe(_ hunter: Hunter, _ lines: [String]) throws -> [Hunter.Touch] {
        var decoder = try EventDecoder(
            format: .json, fieldMap: FieldMap(.stillwatch), tracked: TrackedNames(kinds: kinds),
            limits: DecoderLimits())
        return lines.compactMap { line in
            Array(line.utf8).withUnsafeBytes { bytes in
                decoder.decode(bytes) == .event ? hunter.observe(decoder.event) : nil
            }
        }
    }

    private static func event(
        _ seconds: Int64, _ account: String, _ prints: String, more: String = ""
    ) -> String {
        let ms = 1_780_272_000_000 + seconds * 1_000
        return #"{"time":\#(ms),"account":"\#(account)","id":"q\#(seconds)","input_tokens":7,"#
            + #""output_tokens":3,"fingerprints":{\#(prints)}\#(more)}"#
    }

    @Test("members have their first and last touch, requests and tokens, and what others share")
    func members() throws {
        let hunter = Self.hunter(["payment:p1", "device:d9"])
        let touches = try Self.observe(
            hunter,
            [
                Self.event(1, "b", #""payment":"p1","device":"d1""#),
                Self.event(2, "a", #""payment":"p1","device":"d1","ip":"10.0.0.1""#),
                Self.event(3, "c", #""device":"d1""#),
                Self.event(4, "a", #""payment":"p1","device":"d2""#),
                Self.event(5, "d", #""payment":"p2","device":"d9","ip":"10.0.0.9""#),
                Self.event(6, "a", #""payment":"p2""#),
            ])
        #expect(
            touches.map { String(decoding: $0.id ?? [], as: UTF8.self) } == [
                "q1", "q2", "q4", "q5",
            ])
        #expect(touches[3].targets == ["device:d9"] && touches[0].tokens == 10)
        #expect(hunter.events == 6)
        let members = hunter.members
        #expect(members.map(\.account) == ["b", "a", "d"])
        #expect(members[1].requests == 2 && members[1].tokens == 20)
        #expect(members[1].last.ms - members[1].first.ms == 2_000)
        #expect(members[1].touched == ["payment:p1"] && members[2].touched == ["device:d9"])
        // d1 is shared by a and b; c's never touched; the subnet of a's and d's addresses is one.
        #expect(
            hunter.shared.map { "\($0.fingerprint) \($0.accounts)" } == [
                "device:d1 2", "subnet:10.0.0.0/24 2",
            ])
        #expect(members[0].shares.map(\.fingerprint) == ["device:d1"])
    }

    @Test("a subnet stands for the addresses in it, a gateway's end users for themselves")
    func derived() throws {
        let hunter = Self.hunter(["subnet:10.0.0.0/24", "account:gw/u1"], gateways: ["gw"])
        _ = try Self.observe(
            hunter,
            [
                Self.event(1, "a", #""ip":"10.0.0.1""#), Self.event(2, "b", #""ip":"10.0.1.1""#),
                Self.event(3, "gw", "", more: #","end_user":"u1""#),
                Self.event(4, "gw", "", more: #","end_user":"u2""#),
                Self.event(5, "c", #""ip":"10.0.0.7","subnet":"other""#),
            ])
        #expect(hunter.members.map(\.account) == ["a", "gw/u1"])
    }

    @Test("events outside of the range are not counted")
    func range() throws {
        let base: Int64 = 1_780_272_000_000
        let hunter = Self.hunter(["payment:p1"], from: base + 2_000, to: base + 4_000)
        _ = try Self.observe(
            hunter, (1...5).map { Self.event(Int64($0), "a", #""payment":"p1""#) })
        #expect(hunter.events == 2 && hunter.members.map(\.requests) == [2])
    }

    @Test("what is no entity is refused")
    func targets() {
        var targets = HuntTargets()
        for text in ["", "payment", ":x", "payment:"] {
            let isAdded = targets.add(text)
            #expect(!isAdded, "\(text)")
        }
        let hasAdded = targets.add("payment:a:b") && targets.add("account:x")
        #expect(hasAdded && targets.names == ["account:x", "payment:a:b"])
        #expect(targets.kinds == ["payment"])
    }
}
