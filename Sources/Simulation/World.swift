import Primitives

/// What happens to everybody in a run: the release of a model, an outage, and blobs that stand for a
/// model's reasoning.
///
/// Applied to an event after its population has made it, from hashes of the event: without any of it
/// the events are the same bytes.
struct World {
    private let releaseMs: Int64?
    private let outage: Range<Int64>?
    private let hasBlobs: Bool
    /// False where nothing happens: then events are not looked at.
    let isEventful: Bool

    private static let dayMs: Int64 = 86_400_000
    private static let hourMs: Int64 = 3_600_000

    init(_ scenario: Scenario) {
        releaseMs = scenario.releaseMs.map { scenario.start.ms + $0 }
        outage = scenario.outage
        hasBlobs = scenario.carriesBlobs
        isEventful = releaseMs != nil || outage != nil || hasBlobs
    }

    /// Applies what goes on at `ms` to an event of `spec`.
    @inline(__always)
    func touch(_ event: inout SimulatedEvent, at ms: Int64, _ spec: PopulationSpec) {
        if let releaseMs, ms >= releaseMs, spec.pivot > 0 {
            release(&event, ageMs: ms - releaseMs, spec)
        }
        if let outage, outage.contains(ms) { fail(&event) }
        if hasBlobs, spec.kind != .s6 { addBlobs(&event) }
    }

    /// A farm shifts a share of its requests, all accounts alike, within six hours; of others a share
    /// of the accounts tries the model, each from some moment of the first day on, for half of what
    /// it does.
    private func release(
        _ event: inout SimulatedEvent, ageMs: Int64, _ spec: PopulationSpec
    ) {
        let chance = unit(mix(event.request ^ 0x12E1))
        if spec.kind.isFarm {
            let share = spec.pivot * min(1, Double(ageMs) / Double(6 * Self.hourMs))
            if chance < share { event.model = PublicPool.releasedModel }
        } else if spec.pivot == 1 {
            event.model = PublicPool.releasedModel
        } else {
            let traits = mix(event.account ^ 0x12E2)
            let begins = Int64(unit(mix(traits)) * Double(Self.dayMs))
            if unit(traits) < spec.pivot, ageMs >= begins, chance < 0.5 {
                event.model = PublicPool.releasedModel
            }
        }
    }

    /// Half of all requests fail.
    private func fail(_ event: inout SimulatedEvent) {
        guard mix(event.request ^ 0x0FA1) & 1 == 0 else { return }
        event.status = 503
        event.outputTokens = 0
        event.reasoningTokens = 0
    }

    /// In one conversation in four the model thinks: each answer comes with a blob that stands for
    /// it, which the next turn presents.
    private func addBlobs(_ event: inout SimulatedEvent) {
        guard mix(event.session ^ 0xB10B) & 3 == 0, event.fingerprintCount <= 14 else { return }
        let turn = UInt64(truncatingIfNeeded: Int64(event.turn))
        if turn > 1 { event.add(.reasoningBlobIn, mix(event.session &+ turn &- 1) | 1 << 32) }
        event.add(.reasoningBlobOut, mix(event.session &+ turn) | 1 << 32)
    }
}
