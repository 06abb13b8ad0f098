public import FleetModel
public import Observation
public import Operations

extension SimulatedFleet: HostPreparation {
    /// A techhost that meets every clause.
    public func techhost(
        state: String, looksUp hosts: [HostName]
    ) async throws(HostProblem) -> TechhostFacts {
        var machine = SimulatedHost.goodMachine
        machine.bootID = "boot-of-techhost"
        return TechhostFacts(
            machine: machine,
            state: DiskObservation(path: state, total: SimulatedDisk().total, free: SimulatedDisk().total),
            files: 1_048_576, ssh: "OpenSSH_9.2p1",
            names: Dictionary(hosts.map { ($0, [$0.rawValue]) }, uniquingKeysWith: { first, _ in first }))
    }

    /// What a host sees of the others: those that are on the network, through their firewalls.
    public func lookAtPeers(_ question: PeerQuestion, from host: HostName) async throws(HostProblem) -> PeerAnswers {
        let answers = try await withHost(host, .look) { found, state throws(HostProblem) in
            var answers = PeerAnswers()
            for peer in question.peers {
                let other = state.hosts[peer.host]
                let reaches = found.troubles.isOnNetwork && other?.troubles.isOnNetwork == true
                answers.names[peer.host] = found.names[peer.host.rawValue] ?? [peer.host.rawValue]
                answers.packets[peer.host] = reaches ? .whole : .silent
                for port in peer.ports {
                    let passes = reaches && other?.closedPorts.contains(port) == false
                    let isOpen = peer.opens.contains(port) || other?.listening.contains(port) == true
                    answers.ports[peer.host, default: [:]][port] = !passes ? .silent : isOpen ? .open : .refused
                }
            }
            return answers
        }
        if answers.ports.values.contains(where: { $0.values.contains(.silent) }) { await wait(question.patience) }
        return answers
    }

    /// A gigabit, and a hundredth of that to or from a slow host.
    public func bandwidth(from host: HostName, to peer: HostName) async throws(HostProblem) -> BytesPerSecond {
        let rate = try await withHost(host, .look) { found, state throws(HostProblem) -> BytesPerSecond? in
            guard let other = state.hosts[peer], found.troubles.isOnNetwork, other.troubles.isOnNetwork else {
                return nil
            }
            let isSlow = found.troubles.has(.slow) || other.troubles.has(.slow)
            return BytesPerSecond((119 << 20) / (isSlow ? 100 : 1))
        }
        await wait(.seconds(2))
        guard let rate else {
            throw HostProblem(
                code: "no-way", unreachable: false, reason: "\(peer) does not answer \(host)",
                remedy: "see that \(peer) runs and that its network works")
        }
        return rate
    }

    /// Whether a change is there.
    public func holds(_ change: HostChange, on host: HostName) async throws(HostProblem) -> Bool {
        try await withHost(host, .look) { found, _ throws(HostProblem) in
            switch change {
            case .packages(let names):
                names.allSatisfy { $0.hasPrefix("docker") ? !found.lacksDocker : found.machine.programs.contains($0) }
            case .dockerRuns: !found.lacksDocker && found.machine.startsDocker == true && found.dockerRuns
            case .openPorts(let ports, _): found.closedPorts.isDisjoint(with: ports)
            default: found.machine.holds(change, disks: found.disks)
            }
        }
    }

    /// Makes a change, in the time that it takes.
    public func make(
        _ change: HostChange, on host: HostName, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        await wait(.seconds(change.isLong ? 20 : 1))
        try await withHost(host, .change) { found, state throws(HostProblem) in
            if let refusal = found.refusedChanges[change.name] {
                throw HostProblem(
                    code: HostChange.failureCode(refusal), unreachable: false,
                    reason: "can't \(change.title) on \(host): \(refusal)",
                    remedy: "mend what it says, and run the command again: what is done stays")
            }
            if case .dataDisk(let device, _) = change, let content = found.machine.devices[device], !content.isEmpty,
                content != "ext4"
            {
                throw HostProblem(
                    code: "disk-not-blank", unreachable: false,
                    reason: "can't \(change.title) on \(host): \(device) is not blank: it is not formatted",
                    remedy: "name another device in disks: of \(host); what is on this one is not touched")
            }
            found.machine.make(change)
            switch change {
            case .packages(let names):
                if names.contains(where: { $0.hasPrefix("docker") }) { found.lacksDocker = false }
            case .openPorts(let ports, _): found.closedPorts.subtract(ports)
            case .dataDisk(_, let path): found.disks[path] = found.disks[path] ?? SimulatedDisk()
            default: break
            }
            state.effects.append("change \(host):\(change.name)")
        }
    }

    /// Takes a change back.
    public func undo(_ change: HostChange, on host: HostName) async throws(HostProblem) {
        guard !change.undo.isEmpty else { return }
        try await withHost(host, .change) { found, state throws(HostProblem) in
            switch change {
            case .kernelValue(let name, _, _): found.machine.kernelValues[name] = nil
            case .openPorts(let ports, _): found.closedPorts.formUnion(ports)
            default: break
            }
            state.effects.append("undo \(host):\(change.name)")
        }
    }
}

extension HostChange {
    fileprivate var isLong: Bool {
        switch self {
        case .packages, .script, .dataDisk: true
        default: false
        }
    }
}
