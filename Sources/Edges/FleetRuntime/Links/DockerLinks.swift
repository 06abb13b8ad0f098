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

    /// Engines of the hosts of `directory`.
    convenience init(directory: HostDirectory, transfers: Transfers) {
        self.init(
            open: { host, body in
                try await directory.remote(host).withForwardedSocket(Self.socket) { path in
                    await body(DockerEngine(socketPath: path, transfers: transfers))
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
