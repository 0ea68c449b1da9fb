import Glibc
import Primitives

/// The name of this process in its group where none is configured: the host's, with the lowest number that no other
/// process of the group has on the host.
///
/// A number is taken by a socket bound in Linux's abstract namespace, and free again once its process has ended,
/// however it ended: a process that is started again gets the same name, and its partitions with it. It needs no
/// file and no permission, and holds between users, private directories for temporary files, and containers that
/// share the host's network, and with that its name.
final class InstanceName {
    /// The name, such as `gate-7-0`.
    let text: String
    /// Why the name is one that a restart will not get again; nil where it will.
    let warning: String?
    private let socket: Int32

    private static let slots = 1_024

    /// Takes the lowest name that is free on `host`.
    ///
    /// Where no socket can be had the name is drawn at random: it works as well, but a restart is another member.
    init(group: String, host: String = Machine.name) {
        let key = String(xxh3("\(host)\n\(group)"), radix: 16)
        let host = Self.legal(host)
        var problem = "all \(Self.slots) names are taken"
        for slot in 0..<Self.slots {
            let (descriptor, error) = Self.bind("stillwatch/\(key)/\(slot)")
            if descriptor >= 0 {
                (text, warning, socket) = ("\(host)-\(slot)", nil, descriptor)
                return
            }
            if error == EADDRINUSE { continue }
            problem = String(cString: strerror(error))
            break
        }
        text = "\(host)-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        warning =
            "no name can be kept for this process (a local socket: \(problem)): after a restart it is another "
            + "member of the group, and its partitions wait for the session to end; set instance_id"
        socket = -1
    }

    deinit { if socket >= 0 { close(socket) } }

    /// The host's name as far as it may stand in an instance id.
    private static func legal(_ host: String) -> String {
        let text = host.unicodeScalars.prefix(200).map { scalar in
            let isLegal =
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isLegal || "._-".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
        }
        return String(text)
    }

    /// Binds a socket to a name that no file stands for; the error's number where that fails.
    private static func bind(_ name: String) -> (descriptor: Int32, error: Int32) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return (-1, errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A path that begins with a zero byte is a name in the abstract namespace.
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.dropFirst().copyBytes(from: name.utf8)
        }
        let length = MemoryLayout<sa_family_t>.size + 1 + name.utf8.count
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(length))
            }
        }
        guard result != 0 else { return (descriptor, 0) }
        let error = errno
        close(descriptor)
        return (-1, error)
    }
}
