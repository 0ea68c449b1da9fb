import Glibc

/// What the machine has.
enum Machine {
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
