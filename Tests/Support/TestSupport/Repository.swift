import Foundation

/// The repository whose tests run.
public enum Repository {
    /// Its top folder.
    public static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return folder
    }()
}
