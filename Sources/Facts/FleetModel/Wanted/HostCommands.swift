/// How an operator runs a command on a host by hand, with the login that `defaults.cfg` names: lines to be copied into a
/// shell of the techhost.
public struct HostCommands: Hashable, Sendable {
    private let transport: TransportKind
    private let logins: [HostName: SSHSettings]

    /// Commands on the hosts of `fleet`.
    public init(_ fleet: FleetSpecification) {
        transport = fleet.cluster.transport
        logins = Dictionary(fleet.hosts.map { ($0.host, $0.ssh) }, uniquingKeysWith: { first, _ in first })
    }

    /// Commands on hosts of which nothing but the name is known.
    public init() {
        transport = .ssh
        logins = [:]
    }

    /// One line that runs `command` on `host`.
    /// - Parameters:
    ///   - command: a shell's command line as one would type it there.
    ///   - host: where it is to run.
    ///   - asRoot: whether it takes root, so that another login needs sudo.
    /// - Returns: a line to paste, with the host's own login.
    public func line(_ command: String, on host: HostName, asRoot: Bool = false) -> String {
        let login = logins[host] ?? SSHSettings()
        let needsSudo = asRoot && transport == .ssh && login.user.map { $0 != "root" } ?? false
        let command = needsSudo ? "sudo \(command)" : command
        guard transport != .local else { return command }
        return (["ssh"] + Self.options(login) + [host.rawValue, ShellQuoting.remote(command)]).joined(separator: " ")
    }

    /// The options of ssh(1) for what the operator's own configuration does not say.
    private static func options(_ login: SSHSettings) -> [String] {
        var words: [String] = []
        if let file = login.config { words += ["-F", file] }
        if let user = login.user { words += ["-l", user] }
        if let port = login.port, port != 22 { words += ["-p", String(port)] }
        if let file = login.identity { words += ["-i", file] }
        if let file = login.knownHosts { words += ["-o", "UserKnownHostsFile=\(file)"] }
        return words.map(ShellQuoting.word)
    }
}

/// Words as a POSIX shell takes them (POSIX.1-2024, Shell Command Language, 2.2 Quoting).
public enum ShellQuoting {
    /// One word, in single quotes whatever it holds.
    public static func single(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// One word, quoted only where it has to be.
    public static func word(_ text: String) -> String { text.isEmpty || !isPlain(text) ? single(text) : text }

    /// A command line for another shell behind this one: plain words stay as they are, anything else is quoted as a whole.
    public static func remote(_ line: String) -> String {
        line.split(separator: " ", omittingEmptySubsequences: false).allSatisfy { isPlain(String($0)) }
            ? line : single(line)
    }

    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789-_=./:,@%+".unicodeScalars.contains($0)
        }
    }
}
