internal import Glibc

/// getaddrinfo(3) as a function of values. It blocks, unless `numericOnly`.
enum AddressLookup {
    /// Addresses tried for one name: a name with more is a mistake, or an attack on the connector.
    static let mostAddresses = 16

    struct Failure: Error, Sendable {
        var reason: String
    }

    static func addresses(host: String, port: UInt16, numericOnly: Bool) throws(Failure) -> [SocketAddress] {
        // getaddrinfo would stop at a zero byte and look another name up.
        guard !host.isEmpty, !host.utf8.contains(0) else { throw Failure(reason: "\"\(host)\" is not a host name") }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw Failure(reason: words(code)) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next, addresses.count < mostAddresses {
            if let pointer = entry.pointee.ai_addr,
                let address = SocketAddress(copying: pointer, length: entry.pointee.ai_addrlen)
            {
                addresses.append(address)
            }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw Failure(reason: "the name has no address") }
        return addresses
    }

    private static func words(_ code: CInt) -> String {
        gai_strerror(code).map { String(cString: $0) } ?? "getaddrinfo failed with \(code)"
    }
}
