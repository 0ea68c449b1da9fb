import Foundation

/// A directory of its own, removed at the end.
final class Scratch: Sendable {
    /// Where it is.
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("stillwatch-system-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of `name` in it.
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// A file called `name` with `text`, and its path.
    @discardableResult
    func file(_ name: String, _ text: String = "") throws -> String {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }
}
