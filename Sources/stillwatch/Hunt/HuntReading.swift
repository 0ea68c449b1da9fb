import Configuration
import Events
import Primitives
import Replay
import Telemetry

/// Reads sources for a hunt, one after the other and each to its end: so requests are listed in the same order at every
/// run.
struct HuntReading {
    private let sources: [any RecordSource]
    private let bar: SharedProgressBar
    /// Records read.
    private(set) var records = 0
    /// Those that are no events, and where and why the first is none.
    private var refused = 0
    private var firstRefused: String?

    /// - Parameter isShown: whether a progress bar may be drawn on a terminal.
    init(_ sources: [any RecordSource], isShown: Bool) {
        self.sources = sources
        let totals = sources.map { $0.progress?.total }
        bar = SharedProgressBar(
            label: "hunt",
            total: totals.contains(nil) ? 0 : totals.compactMap { $0 }.reduce(0, +),
            isShown: isShown && StandardError.isTerminal)
    }

    /// Reads all sources and hands each event to `body`.
    ///
    /// - Throws: `Failure` where a source cannot be read, and what `body` throws.
    mutating func run(_ decoder: inout EventDecoder, _ body: (Event) throws -> Void) throws {
        defer { bar.finish() }
        for source in sources {
            var failure: (any Error)?
            var read: Int64 = 0
            do throws(InputError) {
                var hasMore = true
                while hasMore, failure == nil {
                    hasMore = try source.read(256) { record, _ in
                        guard failure == nil else { return }
                        do {
                            try take(record, number: read, of: source, &decoder, body)
                        } catch {
                            failure = error
                        }
                        read += 1
                    }
                    source.forgetPlaces(before: read)
                    bar.update(done: sources.reduce(0) { $0 + ($1.progress?.done ?? 0) })
                }
            } catch {
                throw Failure(.unreachable, error.description)
            }
            if let failure { throw failure }
        }
    }

    private mutating func take(
        _ record: ByteSlice, number: Int64, of source: any RecordSource,
        _ decoder: inout EventDecoder, _ body: (Event) throws -> Void
    ) throws {
        records += 1
        var isRefused = false
        var each: Decoded? = decoder.decode(record)
        while let verdict = each {
            switch verdict {
            case .event: try body(decoder.event)
            case .skipped: break
            case .rejected(let reason):
                isRefused = true
                firstRefused =
                    firstRefused ?? "\(source.place(ofRecord: number)): \(reason.rawValue)"
            }
            each = decoder.next()
        }
        if isRefused { refused += 1 }
    }

    /// What was missing or could not be used: a line each.
    var text: String {
        var text = ""
        if let firstRefused {
            text +=
                "\(grouped(refused)) of \(grouped(records)) records hold something that is no event: \(firstRefused)\n"
        }
        for gap in sources.flatMap(\.gaps) { text += "gap: \(gap.text)\n" }
        return text
    }
}
