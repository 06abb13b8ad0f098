import DockerEngine
import FleetModel
import Observation
import SecureShell
import Transfers

/// A Docker engine for each host, behind its forwarded socket.
typealias DockerLinks = Links<HostName, DockerEngine, HostProblem>

extension Links where Key == HostName, Resource == DockerEngine, Problem == HostProblem {
    /// Where Docker listens on every host.
    static var socket: String { "/var/run/docker.sock" }

    /// Whether the login may not use Docker's socket itself. Root needs not be asked, and a host that can't say will say
    /// so when its socket is used.
    private static func needsRelay(_ remote: any RemoteHost, user: String?) async throws -> Bool {
        guard user != "root" else { return false }
        if case .notPermitted = try await remote.socketState(socket) { return true }
        return false
    }

    /// Engines of the hosts of `directory`.
    convenience init(directory: HostDirectory, transfers: Transfers, streams: Transfers) {
        self.init(
            open: { host, body in
                let remote = try directory.remote(host)
                if try await Self.needsRelay(remote, user: directory.specification(host)?.ssh.user) {
                    try await remote.withRelayedSocket(Self.socket) { path in
                        await body(DockerEngine(socketPath: path, transfers: transfers, streams: streams))
                    }
                } else {
                    try await remote.withForwardedSocket(Self.socket) { path in
                        await body(DockerEngine(socketPath: path, transfers: transfers, streams: streams))
                    }
                }
            },
            problem: { error in
                (error as? SSHError).map { HostProblem($0) } ?? (error as? HostProblem)
                    ?? HostProblem(
                        code: "cancelled", unreachable: false, reason: "the session has ended",
                        remedy: "run the command again")
            })
    }
}
