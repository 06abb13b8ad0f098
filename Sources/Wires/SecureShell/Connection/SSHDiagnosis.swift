/// Makes an error with a remedy out of what ssh says when it can't log in. Pure; the words are OpenSSH's, which has none but
/// English ones.
struct SSHDiagnosis: Sendable {
    let settings: SSHSettings
    let timings: SSHTimings

    func error(stderr: String) -> SSHError {
        let lines = stderr.split(whereSeparator: \.isNewline).map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
        func has(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

        if has("IDENTIFICATION HAS CHANGED") || has("has changed and you have requested strict checking") {
            return hostKeyChanged(lines)
        }
        if has("host key is known for") || has("Host key verification failed") { return hostKeyUnknown(lines) }
        // A key that ssh could not use comes before the refusal that follows from it.
        if let missing = lines.first(where: { $0.contains("no such identity") }) {
            return make(.keyUnusable, "a private key is not there: \(missing)", "name the right file in ssh: identity:")
        }
        if has("UNPROTECTED PRIVATE KEY") || has("bad permissions") || has("invalid format") || has("Load key") {
            return make(
                .keyUnusable, "a private key can't be used: \(text(lines))", "chmod 600 the key, or name another")
        }
        if has("Permission denied (") || has("Too many authentication failures") {
            return make(
                .permissionDenied,
                "it takes none of our keys (\(lines.last { $0.contains("Permission denied") } ?? lines.last ?? ""))",
                "add our public key to ~/.ssh/authorized_keys there; try \(command)")
        }
        if has("Could not resolve hostname") {
            return make(
                .nameUnknown, "its name has no address", "check the spelling, or its entry in DNS or /etc/hosts")
        }
        if has("banner exchange") || has("banner line contains") || has("Bad remote protocol version") {
            return make(
                .notSSH, "something listens on \(port) but does not speak SSH within \(timings.connect.wholeSeconds) s",
                "check the port, and that sshd there is not hanging")
        }
        if has("Connection refused") {
            return make(.connectionRefused, "nobody listens on \(port)", "start sshd there, or check the port")
        }
        if has("timed out") {
            return make(
                .connectionTimedOut, "it does not answer within \(timings.connect.wholeSeconds) s",
                "check that it is up and no firewall stands between")
        }
        if has("No route to host") || has("Network is unreachable") {
            return make(.noRoute, "no way leads to it", "check that it is up, and the network between")
        }
        if has("kex_exchange_identification") || has("ssh_exchange_identification") || has("Connection reset")
            || has("Connection closed by")
        {
            return make(
                .closedBeforeLogin, "it closes connections before login (\(text(lines)))",
                "sshd may be overloaded (MaxStartups) or ban this machine; see its log there")
        }
        if has("Bad configuration option") || has("terminating,") || has("Can't open user config")
            || has("Bad owner or")
        {
            return make(.configurationRejected, "ssh does not take its configuration: \(text(lines))", "mend that file")
        }
        if has("expired") { return make(.permissionDenied, text(lines), "set a new password for that user there") }
        return make(
            .connectionFailed, lines.isEmpty ? "ssh could not connect" : "ssh could not connect: \(text(lines))",
            "try \(command)")
    }

    /// What refused a command after a login that worked: sudo, or the login shell.
    func refusal(exitCode: Int32, stderr: String, asRoot: Bool) -> SSHError {
        let lines = stderr.split(whereSeparator: \.isNewline).map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
        let said = text(lines)
        if asRoot, lines.contains(where: { $0.contains("sudo:") && $0.contains("password is required") }) {
            return make(
                .sudoNeedsPassword, "sudo asks for a password",
                "allow it without one there: echo '\(settings.user ?? "USER") ALL=(root) NOPASSWD: /bin/sh' > /etc/sudoers.d/gantry"
            )
        }
        if asRoot, lines.contains(where: { $0.contains("sudo") }) || said.contains("not in the sudoers") {
            return make(
                .sudoRefused, "root is needed and sudo does not give it: \(said)",
                "install sudo and allow it, or log in as root")
        }
        let words = said.isEmpty ? "exit code \(exitCode)" : said
        return make(
            .commandRefused, "it lets us in but does not run commands: \(words)",
            "give the user a login shell there, and its key no forced command")
    }

    private func hostKeyChanged(_ lines: [String]) -> SSHError {
        let file =
            lines.lazy.compactMap { $0.firstMatch(of: /key in (.+):[0-9]+$/)?.1 }.first.map(String.init) ?? knownHosts
        let name = lines.lazy.compactMap { $0.firstMatch(of: /Host key for (\S+) has changed/)?.1 }.first.map(
            String.init)
        let print =
            lines.lazy.compactMap { $0.firstMatch(of: /(SHA256:\S+?)\.?$/)?.1 }.first.map { " (it shows \($0))" } ?? ""
        return make(
            .hostKeyChanged, "it has another host key than \(file) says\(print): reinstalled, or another machine",
            "if it was reinstalled: ssh-keygen -f \(file) -R '\(name ?? entryName)', then \(keyCheck)")
    }

    private func hostKeyUnknown(_ lines: [String]) -> SSHError {
        make(.hostKeyUnknown, "its host key is not in \(knownHosts)", keyCheck)
    }

    /// How to learn a key without trusting the line.
    private var keyCheck: String {
        "compare the fingerprint of \(scan) | ssh-keygen -lf - with that on its console "
            + "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then \(scan) >> \(knownHosts)"
    }

    private var scan: String { "ssh-keyscan \(settings.port.map { "-p \($0) " } ?? "")\(settings.host)" }
    private var knownHosts: String { settings.knownHosts ?? "~/.ssh/known_hosts" }
    private var port: String { settings.port.map { "port \($0)" } ?? "its SSH port" }

    private var entryName: String {
        guard let port = settings.port, port != 22 else { return settings.host }
        return "[\(settings.host)]:\(port)"
    }

    /// The command an operator tries by hand.
    private var command: String {
        let file = settings.configuration.map { "-F \($0) " } ?? ""
        let user = settings.user.map { "-l \($0) " } ?? ""
        let port = settings.port.map { "-p \($0) " } ?? ""
        let identity = settings.identity.map { "-i \($0) " } ?? ""
        return "ssh \(file)\(user)\(port)\(identity)\(settings.host) true"
    }

    /// The last words: what stands before is debris of banners.
    private func text(_ lines: [String]) -> String { lines.suffix(3).joined(separator: " / ") }

    private func make(_ code: SSHError.Code, _ reason: String, _ remedy: String) -> SSHError {
        SSHError(code, host: settings.host, reason: reason, remedy: remedy)
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
