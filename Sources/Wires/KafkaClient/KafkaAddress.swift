/// Host and port of a listener, as an operator writes it or as the cluster advertises it.
public struct KafkaAddress: Hashable, Sendable {
    /// A name or a numeric address.
    public var host: String
    /// The port.
    public var port: UInt16

    /// The listener at `host` and `port`.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// The listener that a response names; nil for a port that is none or an empty host.
    init?(advertised host: String, port: Int32) {
        guard !host.isEmpty, let port = UInt16(exactly: port), port > 0 else { return nil }
        self.init(host: host, port: port)
    }
}

extension KafkaAddress: LosslessStringConvertible {
    /// `host:9092`, or `[::1]:9092` for an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `host:9092` or `[::1]:9092`; nil for anything else.
    public init?(_ description: String) {
        guard let colon = description.lastIndex(of: ":"),
            let port = UInt16(description[description.index(after: colon)...]), port > 0
        else { return nil }
        var host = description[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }
}
