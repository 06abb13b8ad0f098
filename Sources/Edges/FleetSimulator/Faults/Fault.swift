public import FleetModel

/// Something that can be done to a simulated fleet on purpose.
public enum Fault: Hashable, Sendable {
    /// To a node's container.
    case container(ContainerFault, NodeID)
    /// To a host, for so long or until it is healed.
    case host(HostTrouble, HostName, for: Duration?)
}

/// What can be done to a container.
public enum ContainerFault: String, Hashable, Sendable, CaseIterable {
    /// `docker kill`: it stays dead.
    case kill
    /// Its process is killed from inside the host: Docker starts it again.
    case crash
    /// The kernel kills its process for memory: Docker starts it again.
    case outOfMemory = "oom"
    /// It is frozen: it accepts connections and answers none.
    case pause
}

/// A fault as operators name it.
public struct FaultName: Hashable, Sendable {
    /// What it is done to.
    public enum Target: Hashable, Sendable {
        /// A node of this role.
        case node(NodeRole, ContainerFault)
        /// A host.
        case host(HostTrouble)
    }

    /// `kill-broker`.
    public let name: String
    /// What it does, in a line.
    public let meaning: String
    /// What it is done to.
    public let target: Target

    init(_ name: String, _ meaning: String, _ target: Target) {
        self.name = name
        self.meaning = meaning
        self.target = target
    }

    /// `kill-broker ID`, `partition-host HOST [for TIME]`.
    public var synopsis: String {
        switch target {
        case .node(.controller, _): "\(name) [ID]"
        case .node: "\(name) ID"
        case .host(.rebooting): "\(name) HOST"
        case .host: "\(name) HOST [for TIME]"
        }
    }

    /// All there are, in the order in which they are listed.
    public static let all = [
        FaultName("kill-broker", "docker kill: it stays dead", .node(.broker, .kill)),
        FaultName("kill-controller", "docker kill; without ID, of the active one", .node(.controller, .kill)),
        FaultName("crash-broker", "its process dies, and Docker starts it again", .node(.broker, .crash)),
        FaultName("crash-controller", "its process dies, and Docker starts it again", .node(.controller, .crash)),
        FaultName(
            "oom-broker", "the kernel kills it for memory, and Docker starts it again", .node(.broker, .outOfMemory)),
        FaultName("pause-broker", "docker pause: it accepts connections and answers none", .node(.broker, .pause)),
        FaultName("partition-host", "nothing comes through its network; what runs there runs on", .host(.cutOff)),
        FaultName("power-off-host", "the power is gone", .host(.poweredOff)),
        FaultName("reboot-host", "it is down for half a minute; its containers come back", .host(.rebooting)),
        FaultName("slow-host", "commands take two seconds more, its network carries a hundredth", .host(.slow)),
        FaultName("refuse-ssh", "its sshd does not listen", .host(.refusesSSH)),
        FaultName("change-host-key", "its host key is another one", .host(.otherHostKey)),
        FaultName("stop-docker", "Docker is stopped, and its containers with it", .host(.dockerStopped)),
        FaultName("fill-disk", "something that is not Kafka's fills its data disks", .host(.diskFull)),
    ]

    /// The fault of this name, done to this target of a fleet.
    ///
    /// `target` is as it was typed, nil where nothing was; without a duration it lasts until it is healed.
    /// - Throws: `SimulationProblem` with code `unknownFault` and the list of those that exist.
    public static func fault(
        _ name: String, _ target: String?, for duration: Duration?, in state: FleetState
    ) throws(SimulationProblem) -> Fault {
        guard let fault = all.first(where: { $0.name == name }) else {
            throw refusal(name, "there is no such fault", "there are: \(all.map(\.name).joined(separator: ", "))")
        }
        switch fault.target {
        case .host(let trouble):
            guard let host = target.flatMap(HostName.init(rawValue:)), state.hosts[host] != nil else {
                throw refusal(
                    fault.synopsis, target.map { "there is no host \($0)" } ?? "it needs a host",
                    "the hosts are: \(state.hosts.keys.sorted().map(\.rawValue).joined(separator: ", "))")
            }
            guard duration == nil || trouble != .rebooting else {
                throw refusal(fault.synopsis, "it lasts as long as it lasts", "give no time")
            }
            return .host(trouble, host, for: duration)
        case .node(let role, let kind):
            guard duration == nil else {
                throw refusal(fault.synopsis, "it is done at once", "give no time; gantry bootstrap mends it")
            }
            return .container(kind, try node(target, role, fault, state))
        }
    }

    private static func node(
        _ target: String?, _ role: NodeRole, _ fault: FaultName, _ state: FleetState
    ) throws(SimulationProblem) -> NodeID {
        let containers = state.hosts.values.flatMap(\.containers.values).filter { $0.role == role }
        let typed = target.map { NodeID($0) } ?? (role == .controller ? state.kafka.activeController : nil)
        let ids = containers.map(\.node).sorted()
        let list =
            ids.isEmpty
            ? "there are none yet: gantry bootstrap" : "there are: \(ids.map(\.description).joined(separator: ", "))"
        guard let id = typed, let container = containers.first(where: { $0.node == id }) else {
            throw refusal(
                fault.synopsis,
                target.map { "there is no \(role.rawValue) \($0)" } ?? "there is no active controller: name one", list)
        }
        guard container.isRunning else {
            throw refusal(
                fault.synopsis, "\(role.rawValue) \(id) does not run (\(container.state))",
                "gantry bootstrap starts what was killed")
        }
        return id
    }

    private static func refusal(_ object: String, _ reason: String, _ remedy: String) -> SimulationProblem {
        SimulationProblem(.unknownFault, what: "simulating a fault", object: object, reason: reason, remedy: remedy)
    }
}

extension FleetState {
    /// Does it, now.
    public mutating func inflict(_ fault: Fault) {
        switch fault {
        case .container(.kill, let node): kill(node)
        case .container(.crash, let node): crash(node)
        case .container(.outOfMemory, let node): crash(node, forMemory: true)
        case .container(.pause, let node): pause(node)
        case .host(let trouble, let host, let duration): afflict(host, with: trouble, for: duration)
        }
    }

    /// What is not as it should be, a line each, hosts first: troubles, and containers that do not run.
    public var troubles: [(subject: String, what: String)] {
        hosts.keys.sorted().flatMap { host in
            (hosts[host]?.troubles.all ?? []).map { ("host \(host)", $0.rawValue) }
        }
            + hosts.values.flatMap(\.containers.values).sorted { $0.node < $1.node }.compactMap { container in
                container.state == .running
                    ? nil
                    : (
                        "\(container.role.rawValue) \(container.node)",
                        container.exitCode.map { "\(container.state), exit code \($0)" } ?? "\(container.state)"
                    )
            }
    }
}
