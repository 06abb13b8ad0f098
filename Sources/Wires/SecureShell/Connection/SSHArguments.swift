/// The command lines of ssh(1): pure, so that what may never be missing from them is tested.
struct SSHArguments: Sendable {
    /// Written by the command that stands in for a connection of its own when ssh can't use the master: nothing was run then.
    /// (By the shell's own `echo` and before its output closes, since ssh kills it at once when it does.)
    static let unattachedMark = "gantry-unattached"

    let settings: SSHSettings
    let timings: SSHTimings
    let controlPath: String

    /// The master: connects, logs in, then serves `controlPath` from the background.
    ///
    /// Options on the command line win over every configuration file. That host keys are verified is not for a
    /// configuration to decide; the agent stays here; forwards and commands of the operator's own sessions are not ours.
    var master: [String] {
        var options = [
            "StrictHostKeyChecking=yes", "NoHostAuthenticationForLocalhost=no", "VerifyHostKeyDNS=no", "BatchMode=yes",
            "ConnectTimeout=\(timings.connect.wholeSeconds)", "ConnectionAttempts=1",
            "ServerAliveInterval=\(timings.keepAlive.wholeSeconds)", "ServerAliveCountMax=3", "TCPKeepAlive=yes",
            "ControlMaster=yes", "ControlPath=\(Self.escaped(controlPath))",
            "ControlPersist=\(timings.persist.wholeSeconds)", "StreamLocalBindUnlink=yes", "StreamLocalBindMask=0177",
            "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no",
            "RemoteCommand=none",
            "RequestTTY=no", "Tunnel=no", "LogLevel=INFO",
        ]
        if let user = settings.user { options.append("User=\(user)") }
        if let port = settings.port { options.append("Port=\(port)") }
        if let identity = settings.identity {
            options += ["IdentityFile=\(Self.escaped(identity))", "IdentitiesOnly=yes"]
        }
        if let knownHosts = settings.knownHosts {
            options += ["UserKnownHostsFile=\(Self.escaped(knownHosts))", "GlobalKnownHostsFile=/dev/null"]
        }
        let file = settings.configuration.map { ["-F", $0] } ?? []
        return file + options.flatMap { ["-o", $0] } + ["-f", "-N", "--", settings.host]
    }

    /// A session over the master, and only over it.
    func session(line: String) -> [String] {
        attached + ["-T", "-o", "ProxyCommand=sh -c \"echo \(Self.unattachedMark) >&2\"", "--", settings.host, line]
    }

    /// A word to the master: `check`, `exit`, `forward` or `cancel`, the latter with a forward.
    func control(_ word: String, forward: String? = nil) -> [String] {
        attached + ["-O", word] + (forward.map { ["-L", $0] } ?? []) + ["--", settings.host]
    }

    /// What ssh makes of the configuration, printed.
    var printConfiguration: [String] { ["-G"] + master.filter { $0 != "-f" && $0 != "-N" } }

    /// No configuration file: the master has read it, and one with `Match exec` costs time.
    private var attached: [String] { ["-F", "none", "-o", "LogLevel=ERROR", "-S", Self.escapedToken(controlPath)] }

    /// A path as the value of `-o NAME=`: quoted, since blanks part values, and `%` doubled, since it begins a token.
    private static func escaped(_ path: String) -> String { "\"\(escapedToken(path))\"" }

    private static func escapedToken(_ path: String) -> String {
        path.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
    }
}
