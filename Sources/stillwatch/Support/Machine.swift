import Glibc

/// What the machine has.
enum Machine {
    /// The host's name, as far as it may stand in an instance id.
    static var name: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "stillwatch" }
        let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = String(decoding: text, as: UTF8.self)
        return name.isEmpty ? "stillwatch" : name
    }

    /// Cores that are online, at least 1.
    static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Bytes of memory; those of the container where it has less.
    static var memoryBytes: Int {
        let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let limit = (try? Files.text(of: "/sys/fs/cgroup/memory.max")).flatMap { text in
            Int(text.prefix { $0.isNumber })
        }
        return min(physical, limit ?? .max)
    }
}
