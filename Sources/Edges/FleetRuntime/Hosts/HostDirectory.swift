import FleetModel
import Observation
import SecureShell

/// The way to each host of a fleet: by SSH, or this machine itself.
struct HostDirectory: Sendable {
    private let hosts: [HostName: any RemoteHost]
    /// How operators run what a remedy names.
    let commands: HostCommands
    private let specifications: [HostName: HostSpecification]

    /// Ways to the hosts of `fleet`; nothing is connected before the first command.
    /// - Throws: `HostProblem` when the control sockets have no place, or a host's settings are none.
    init(_ fleet: FleetSpecification) throws(HostProblem) {
        var hosts: [HostName: any RemoteHost] = [:]
        do throws(SSHError) {
            if fleet.cluster.transport == .local {
                for host in fleet.hosts { hosts[host.host] = LocalShell(name: host.host.rawValue) }
            } else {
                let directory = try ControlDirectory.open()
                for host in fleet.hosts {
                    hosts[host.host] = try secureShell(
                        host: host.host.rawValue, user: host.ssh.user, port: host.ssh.port,
                        identity: host.ssh.identity, configuration: host.ssh.config, knownHosts: host.ssh.knownHosts,
                        controlDirectory: directory)
                }
            }
        } catch {
            throw HostProblem(error)
        }
        self.hosts = hosts
        commands = HostCommands(fleet)
        specifications = Dictionary(fleet.hosts.map { ($0.host, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Every host that there is a way to.
    var all: [(HostName, any RemoteHost)] { hosts.map { ($0.key, $0.value) } }

    /// The way to `host`.
    /// - Throws: `HostProblem` for a host that is in neither `virthosts` nor `hosts`.
    func remote(_ host: HostName) throws(HostProblem) -> any RemoteHost {
        guard let remote = hosts[host] else {
            throw HostProblem(
                code: "unknown-host", unreachable: true,
                reason: "\(host) is not in virthosts, so its settings are not known",
                remedy: "add it to virthosts in defaults.cfg")
        }
        return remote
    }

    /// Where other hosts reach `host`.
    func address(_ host: HostName) -> String { specification(host)?.address ?? host.rawValue }

    /// The settings of `host`, if it is in `virthosts`.
    func specification(_ host: HostName) -> HostSpecification? { specifications[host] }
}
