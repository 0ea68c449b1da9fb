import TestSupport

/// Farms in a run's traffic: accounts that share a frame, cards and devices. They go quiet and come back, and for a
/// while use each other's frames and cards, so that campaigns merge and come apart.
struct Farms {
    private struct Phase {
        var fromMs: Int64
        var forMs: Int64

        func holds(at atMs: Int64) -> Bool { fromMs <= atMs && atMs < fromMs + forMs }
    }

    private struct Farm {
        var accounts: Int
        var phases: [Phase]
        var hasDevices: Bool
    }

    /// What two farms have in common for a while.
    private enum Common: CaseIterable {
        /// The guest uses the host's frame.
        case frame
        /// The guest uses the host's cards.
        case cards
        /// Both use cards that neither had: when these are forgotten, nothing ties the two any more.
        case bridge
    }

    private struct Sharing {
        var guest: Int
        var host: Int
        var phase: Phase
        var common: Common
    }

    private var farms: [Farm] = []
    private var sharings: [Sharing] = []

    init(seed: UInt64) {
        var random = TestRandom(seed: seed &+ 277)
        let count = Int.random(in: 2...3, using: &random)
        for _ in 0..<count {
            var phases = [Self.phase(from: 0...5_000, for: 30_000...70_000, &random)]
            if random.next() % 3 == 0 {
                phases = [
                    Self.phase(from: 0...5_000, for: 10_000...18_000, &random),
                    Self.phase(from: 35_000...45_000, for: 10_000...30_000, &random),
                ]
            }
            farms.append(
                Farm(
                    accounts: Int.random(in: 5...8, using: &random), phases: phases,
                    hasDevices: Bool.random(using: &random)))
        }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let guest = Int.random(in: 0..<count, using: &random)
            let host = (guest + Int.random(in: 1..<count, using: &random)) % count
            sharings.append(
                Sharing(
                    guest: guest, host: host,
                    phase: Self.phase(from: 12_000...25_000, for: 10_000...20_000, &random),
                    common: Common.allCases.randomElement(using: &random) ?? .frame))
        }
    }

    private static func phase(
        from: ClosedRange<Int64>, for length: ClosedRange<Int64>, _ random: inout TestRandom
    ) -> Phase {
        Phase(
            fromMs: Int64.random(in: from, using: &random),
            forMs: Int64.random(in: length, using: &random))
    }

    /// A request of a farm that is at work; nil where none is.
    func request(at atMs: Int64, _ random: inout TestRandom) -> Crowd.Request? {
        let busy = farms.indices.filter { farms[$0].phases.contains { $0.holds(at: atMs) } }
        guard let farm = busy.randomElement(using: &random) else { return nil }
        let account = Int.random(in: 0..<farms[farm].accounts, using: &random)
        var frame = farm
        var card = "\(farm).\(account / 3)"
        for sharing in sharings where sharing.phase.holds(at: atMs) {
            let (isGuest, isHost) = (sharing.guest == farm, sharing.host == farm)
            guard isGuest || isHost, random.next() % 4 != 0 else { continue }
            switch sharing.common {
            case .frame: if isGuest { frame = sharing.host }
            case .cards: if isGuest { card = "\(sharing.host).\(account / 3)" }
            case .bridge:
                // Three accounts of either side a card, in three ways.
                let way = Int.random(in: 0..<3, using: &random)
                card = "\(sharing.guest)+\(sharing.host).\(way).\((account + way) / 3)"
            }
        }
        var request = Crowd.Request(
            account: "f\(farm).\(account)", ageDays: account % 2 == 0 ? Int64(farm + 1) : nil,
            tokens: Int64.random(in: 200...900, using: &random))
        request.fingerprints = [
            ("payment", "fcard\(card)"), ("prompt_template", "frame\(frame)"),
            ("ip", "10.1.\(farm).\(account % 2)"),
        ]
        if farms[farm].hasDevices {
            request.fingerprints.append(("device", "fdevice\(farm).\(account / 4)"))
        }
        return request
    }
}
