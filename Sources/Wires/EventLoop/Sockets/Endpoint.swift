/// Where a socket connects to or listens: a host and port, or the path of a unix socket.
public enum Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// A host name or numeric address, and a TCP port.
    case tcp(host: String, port: UInt16)
    /// A unix stream socket by its path (at most 107 bytes: unix(7)).
    case unix(path: String)

    /// The form people write: `host:9092`, `[::1]:9092`, `unix:/run/x.sock`.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The host as TLS would verify it; nil for a unix socket.
    public var host: String? {
        switch self {
        case .tcp(let host, _): host
        case .unix: nil
        }
    }
}
