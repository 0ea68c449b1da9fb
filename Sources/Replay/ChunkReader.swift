import Topology

/// Cuts sources into chunks, those first that are furthest behind in event time, so that few panes wait.
///
/// Unchecked Sendable: reading is one step of a round, and what it looks at changes in others.
final class ChunkReader: @unchecked Sendable {
    /// A source, and how far it has come.
    private struct State {
        var isOpen = true
        /// Records read.
        var offset: Int64 = 0
        /// Chunks read and not yet settled.
        var waiting = 0
        /// The first open pane of what is settled; nil before its first event.
        var pane: UInt32?
        /// Panes that the last chunk came further.
        var stride: UInt32 = 0

        /// Where the source will be once what is read is settled.
        var expectedPane: UInt64 {
            UInt64(pane ?? 0) + UInt64(stride) * UInt64(waiting)
        }
    }

    private let sources: [any RecordSource]
    private var states: [State]
    private let chunkRecords: Int
    /// Chunks filled by the last call of `fill`.
    private(set) var filled = 0
    /// What ended reading, where that was no end.
    private(set) var failure: InputError?

    init(_ sources: [any RecordSource], chunkRecords: Int) {
        self.sources = sources
        self.chunkRecords = chunkRecords
        states = sources.map { _ in State() }
    }

    /// Records read so far.
    var recordsRead: Int { states.reduce(0) { $0 + Int($1.offset) } }

    /// The pane that all sources that go on have come to; nil before the first event of any.
    var reached: UInt32? {
        let open = states.filter(\.isOpen)
        return (open.isEmpty ? states : open).compactMap(\.pane).min()
    }

    /// Fills as many of the chunks as there is something to read for; `filled` says how many.
    func fill(_ chunks: [Chunk]) {
        filled = 0
        do throws(InputError) {
            while filled < chunks.count, let s = furthestBehind() {
                let chunk = chunks[filled]
                try chunk.fill(s, from: sources[s], behind: states[s].offset, most: chunkRecords)
                states[s].offset += Int64(chunk.count)
                states[s].isOpen = !chunk.isLast
                states[s].waiting += 1
                filled += 1
            }
        } catch {
            failure = error
        }
    }

    /// Notes that a chunk is settled, and where its source's clock stands.
    func settle(_ chunk: Chunk, at clock: PartitionClock) {
        let s = chunk.source
        states[s].waiting -= 1
        sources[s].forgetPlaces(before: chunk.first)
        guard clock.highest != nil else { return }
        states[s].stride = clock.firstOpenPane - (states[s].pane ?? clock.firstOpenPane)
        states[s].pane = clock.firstOpenPane
    }

    /// How many sources there are.
    var count: Int { sources.count }

    /// Where a source stood when all but `waiting` was settled: chunks that are read and not worked on yet.
    func settled(
        _ source: Int, before waiting: ArraySlice<Chunk>
    ) -> (records: Int64, bookmark: [UInt8], isOpen: Bool) {
        if let chunk = waiting.first(where: { $0.source == source }) {
            return (chunk.first, chunk.bookmark, true)
        }
        return (states[source].offset, sources[source].bookmark, states[source].isOpen)
    }

    /// Lets a source go on where it stood.
    func restore(_ state: SourceState, of source: Int) throws(InputError) {
        states[source].offset = state.records
        states[source].isOpen = state.isOpen
        states[source].pane = state.clock.highest == nil ? nil : state.clock.firstOpenPane
        if state.isOpen { try sources[source].resume(behind: state.records, state.bookmark) }
    }

    /// A source of which no event is known gets one chunk at a time: what follows cannot be judged without.
    private func furthestBehind() -> Int? {
        var best: Int?
        for s in states.indices where states[s].isOpen {
            if states[s].pane == nil, states[s].waiting > 0 { continue }
            if let known = best, states[s].expectedPane >= states[known].expectedPane { continue }
            best = s
        }
        return best
    }
}
