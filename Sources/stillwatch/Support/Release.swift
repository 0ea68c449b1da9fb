/// This release of the program.
enum Release {
    /// The version that `--version` prints and findings carry.
    static let version = "0.1.0"
}
