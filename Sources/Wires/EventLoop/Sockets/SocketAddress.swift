// sockaddr_storage: which of the two modules it comes from depends on which one the compiler met first.
internal import CSystem
internal import Glibc

/// A resolved address in the kernel's form.
struct SocketAddress: Sendable {
    var storage: sockaddr_storage
    var length: socklen_t

    var family: CInt { CInt(storage.ss_family) }

    /// Calls `body` with the pointer that connect(2) and bind(2) take.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Copies what getaddrinfo(3) or getsockname(2) wrote; nil when it is larger than any address family's.
    init?(copying pointer: UnsafeRawPointer, length: socklen_t) {
        guard length <= MemoryLayout<sockaddr_storage>.size else { return nil }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: Int(length)))
        }
        self.storage = storage
        self.length = length
    }

    /// The address of a unix socket; nil when the path is empty, has a zero byte or is longer than 107 bytes.
    init?(path: String) {
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let copy = withUnsafeBytes(of: &address) { raw in
            raw.baseAddress.flatMap { SocketAddress(copying: $0, length: socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard let copy else { return nil }
        self = copy
    }

    /// The address a socket is bound to.
    init?(boundTo descriptor: CInt) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return nil }
        self.storage = storage
        self.length = length
    }

    /// Host and port in numbers; nil for a unix socket.
    var numeric: (host: String, port: UInt16)? {
        guard family == AF_INET || family == AF_INET6 else { return nil }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let code = withPointer { pointer, length in
            getnameinfo(
                pointer, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard code == 0, let number = UInt16(Self.string(port)) else { return nil }
        return (Self.string(host), number)
    }

    private static func string(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
