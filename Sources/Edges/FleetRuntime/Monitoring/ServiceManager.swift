import Glibc

/// Tells systemd how the daemon does (sd_notify(3), without its library): only where it was started by systemd.
struct ServiceManager: Sendable {
    private let socketPath: String?
    /// How often systemd wants to hear that it lives; nil: not at all.
    let watchdog: Duration?

    /// What the environment says.
    init() {
        socketPath = getenv("NOTIFY_SOCKET").map { String(cString: $0) }
        let isOurs = getenv("WATCHDOG_PID").map { String(cString: $0) == "\(getpid())" } ?? true
        let micros = getenv("WATCHDOG_USEC").flatMap { Int64(String(cString: $0)) } ?? 0
        watchdog = isOurs && micros > 0 ? .microseconds(micros) : nil
    }

    /// It does what it is there for.
    func ready(_ status: String) { notify("READY=1\nSTATUS=\(status)") }
    /// It lives.
    func alive(_ status: String) { notify("WATCHDOG=1\nSTATUS=\(status)") }
    /// It ends.
    func stopping() { notify("STOPPING=1") }

    private func notify(_ words: String) {
        guard let socketPath, socketPath.utf8.count > 1, let first = socketPath.utf8.first else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(socketPath.utf8)
        // An abstract socket is written with '@' and begins with a zero.
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(words.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
