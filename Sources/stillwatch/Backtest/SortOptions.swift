import Configuration
import Events
import Glibc
import Replay
import Topology

/// What `backtest` says about sorting.
struct SortOptions {
    /// Whether files are sorted.
    let isSorting: Bool
    private let memory: Int
    private let directory: String

    /// - Throws: `Failure` where an option of a sort is given without one.
    init(_ invocation: Invocation) throws(Failure) {
        isSorting = invocation.has("sort")
        for option in ["sort-memory", "temp-directory"] where invocation.has(option) && !isSorting {
            throw Failure(.usage, "--\(option) goes with --sort")
        }
        memory = (invocation.integer("sort-memory") ?? 256) << 20
        directory = invocation.value("temp-directory") ?? Self.usual
    }

    /// Not /tmp, which is memory on many machines.
    private static var usual: String {
        guard let path = getenv("TMPDIR").map({ String(cString: $0) }), !path.isEmpty else {
            return "/var/tmp"
        }
        return path
    }

    /// The files as they are, or each in order of time.
    func sources(
        _ files: [FileSource], _ pipeline: PipelineSettings
    ) throws(Failure) -> [any RecordSource] {
        guard isSorting else { return files }
        let settings = SortSettings(memory: memory, directory: directory, sources: files.count)
        var sorted: [any RecordSource] = []
        do throws(DecoderConfigurationError) {
            for file in files { sorted.append(try SortedSource(file, pipeline, settings)) }
        } catch {
            throw Failure(.usage, "input.fields: \(error)")
        }
        return sorted
    }
}
