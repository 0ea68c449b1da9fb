import Glibc
import History
import Replay
import YAML

/// The directory of a capture, and the manifest in it.
struct CaptureDirectory {
    /// Where it is.
    let path: String
    /// What it holds.
    var manifest: CaptureManifest

    private static func manifestPath(_ path: String) -> String { "\(path)/\(CaptureManifest.name)" }

    /// Whether a capture was begun in a directory.
    static func isBegun(_ path: String) -> Bool { access(manifestPath(path), F_OK) == 0 }

    /// The capture that lies at `path`.
    ///
    /// - Throws: `Failure` where it is none.
    init(_ path: String) throws(Failure) {
        guard Self.isBegun(path) else {
            throw Failure(
                .usage,
                "\(path) is a directory without \(CaptureManifest.name), so no capture: name the files, as in "
                    + "\(path)/*")
        }
        let name = Self.manifestPath(path)
        let diagnostics = Diagnostics()
        let text = SourceText(name: name, bytes: try Files.bytes(of: name))
        guard let manifest = CaptureManifest(text, diagnostics) else {
            throw Failure(
                .usage,
                text: diagnostics.hasErrors
                    ? diagnostics.text : "error: \(name) is no manifest of a capture\n")
        }
        self.path = path
        self.manifest = manifest
    }

    /// A capture that begins.
    init(_ path: String, _ manifest: CaptureManifest) {
        self.path = path
        self.manifest = manifest
    }

    /// Writes the manifest, which appears whole or not at all.
    func write() throws {
        try writing { () throws(OutputError) in
            var output = try Output(path: Self.manifestPath(path))
            try output.write(text: manifest.text)
            try output.finish()
        }
    }

    /// One source for each partition.
    ///
    /// - Throws: `Failure` where the capture is not complete, or a file is not as its manifest says.
    func sources() throws(Failure) -> [CaptureSource] {
        guard manifest.isComplete else {
            throw Failure(
                .usage,
                "the capture in \(path) is not complete: 'stillwatch capture --out \(path) --resume' goes on with it"
            )
        }
        var sources: [CaptureSource] = []
        for partition in manifest.partitions {
            for file in partition.files {
                let name = "\(path)/\(file.name)"
                let bytes = Files.size(of: name)
                guard bytes == file.summary.bytes else {
                    let found = bytes.map { "has \($0) bytes" } ?? "is missing"
                    throw Failure(
                        .unreachable,
                        "\(name) \(found), and the capture's manifest says \(file.summary.bytes): capture again"
                    )
                }
            }
            sources.append(
                CaptureSource(
                    name: "\(manifest.request.topic)[\(partition.part.partition)]",
                    paths: partition.files.map { "\(path)/\($0.name)" },
                    bytes: partition.files.reduce(0) { $0 + $1.summary.bytes },
                    gaps: manifest.gaps(of: partition)))
        }
        return sources
    }
}
