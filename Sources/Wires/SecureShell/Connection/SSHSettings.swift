internal import Processes

/// How a host is reached by SSH. What is nil is left to the operator's `~/.ssh/config`, keys and agent.
public struct SSHSettings: Sendable, Hashable {
    /// Name or address, or an alias of the operator's configuration.
    public let host: String
    /// The user to log in as.
    public let user: String?
    /// The port of sshd.
    public let port: UInt16?
    /// A private key's file, then the only one offered.
    public let identity: String?
    /// A configuration file instead of `~/.ssh/config` and `/etc/ssh/ssh_config`.
    public let configuration: String?
    /// A file of known host keys instead of the operator's and the machine's.
    public let knownHosts: String?

    /// Checked settings. Paths are absolute, or begin with `~/`.
    ///
    /// - Throws: `SSHError.Code.invalid` for what could be taken for an option or is no name at all: a leading `-`, white
    ///   space, control characters, a shell's special ones (host and user go into the operator's ProxyCommand).
    public init(
        host: String, user: String? = nil, port: UInt16? = nil, identity: String? = nil, configuration: String? = nil,
        knownHosts: String? = nil
    ) throws(SSHError) {
        try Self.check("host name", host, host: host, others: "._:%-")
        if let user { try Self.check("user name", user, host: host, others: "._@+-") }
        for path in [identity, configuration, knownHosts].compactMap({ $0 }) {
            guard path.hasPrefix("/") || path.hasPrefix("~/"), !hasControlCharacters(path), !path.contains("\""),
                !path.contains("${")
            else {
                throw SSHError(.invalid, host: host, reason: "'\(path)' is no absolute path of a file")
            }
        }
        self.host = host
        self.user = user
        self.port = port
        self.identity = identity
        self.configuration = configuration
        self.knownHosts = knownHosts
    }

    private static func check(_ what: String, _ text: String, host: String, others: String) throws(SSHError) {
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: others.utf8.contains(byte)
            }
        }
        // 255: the longest name of the DNS.
        guard isName, !text.isEmpty, !text.hasPrefix("-"), text.utf8.count <= 255 else {
            let shown = String(
                text.unicodeScalars.prefix(60).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" })
            throw SSHError(
                .invalid, host: what == "host name" ? "'\(shown)'" : host, reason: "'\(shown)' is no \(what)",
                remedy: "letters, digits, dots, colons and dashes only, no dash first")
        }
    }
}

/// The times a connection is made and kept by.
public struct SSHTimings: Sendable, Equatable {
    /// How long TCP and the first words of the server may take. 5 s: the first packet is sent again after 1 and 3 s, so
    /// one that is lost twice is no reason to fail, and a dead host does not hold up what is said of the others.
    public var connect: Duration
    /// How long a login may take beyond that: jump hosts, slow PAM modules, name look-ups of sshd.
    public var login: Duration
    /// How often a silent connection is probed; after three probes without an answer it is given up.
    public var keepAlive: Duration
    /// How long an unused connection stays for the next command: 10 min.
    public var persist: Duration

    /// Times, each with its usual value. Whole seconds are what ssh takes; fractions are rounded up.
    public init(
        connect: Duration = .seconds(5), login: Duration = .seconds(20), keepAlive: Duration = .seconds(5),
        persist: Duration = .seconds(600)
    ) {
        self.connect = connect
        self.login = login
        self.keepAlive = keepAlive
        self.persist = persist
    }
}

extension Duration {
    /// Whole seconds, rounded up, at least one.
    var wholeSeconds: Int64 { max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0)) }
}
