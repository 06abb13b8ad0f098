public import FleetModel
public import HealthRules
public import OperationModel

/// What a bare Debian host needs before anything of Kafka is placed on it: `--provision` of bootstrap and addhost.
///
/// ```
/// packages (or k/provision.sh) ─ data disks ─ daemon.json ─ kernel values ─ time ─ firewall ─ Docker runs ─ …
/// ```
/// A chain a host, since package manager and systemd do one thing after the other anyway; hosts side by side.
public struct Provisioning: Sendable {
    /// The fleet as it is wanted.
    public var fleet: FleetSpecification
    /// The nodes that will be there.
    public var layout: ClusterLayout
    /// The text of the operator's k/provision.sh; nil: there is none, and Debian's own packages serve.
    public var script: String?

    /// Provisioning of a fleet.
    public init(fleet: FleetSpecification, layout: ClusterLayout, script: String?) {
        self.fleet = fleet
        self.layout = layout
        self.script = script
    }

    /// What a daemon.json says that gantry writes where there is none: containers outlive an upgrade of Docker, and their
    /// output is bounded also where a template forgets it.
    static let dockerSettings =
        #"{"live-restore":true,"log-driver":"json-file","log-opts":{"max-size":"50m","max-file":"5"}}"#

    /// The changes of one host, in order; none where its system is not one that provisioning knows.
    public func changes(for survey: HostSurvey) -> [HostChange] {
        guard let answers = try? survey.answers.get(), let machine = answers.machine, let host = fleet.host(survey.host)
        else { return [] }
        var changes: [HostChange] = []
        if let script {
            changes.append(.script(script, environment: environment(of: host)))
        } else {
            let packages = packages(answers, machine)
            if !packages.isEmpty { changes.append(.packages(packages)) }
        }
        for disk in host.disks ?? [] { changes.append(.dataDisk(device: disk.device, path: disk.path)) }
        if machine.daemonSettings == nil { changes.append(.dockerSettings(Self.dockerSettings)) }
        changes.append(.kernelValue(name: "vm.max_map_count", value: Assumptions.wantedMaps, isLeast: true))
        if machine.swap != .zero {
            changes.append(.kernelValue(name: "vm.swappiness", value: Assumptions.wantedSwappiness, isLeast: false))
        }
        if machine.isSynchronised != true, machine.programs.isDisjoint(with: ["chronyd", "ntpd"]) {
            changes.append(.timeSynchronisation)
        }
        if let firewall = machine.firewalls.first(where: { ["ufw", "firewalld"].contains($0) }) {
            let ports = layout.nodes(on: host.host).map(\.port)
            if !ports.isEmpty { changes.append(.openPorts(ports.sorted(), firewall: firewall)) }
        }
        changes.append(.dockerRuns)
        return changes
    }

    /// Steps for the changes of one host, each after the one before it.
    /// - Throws: only when a step cannot be written as JSON, which is a defect.
    public static func steps(
        _ changes: [HostChange], on host: HostName, after dependencies: [StepID] = []
    ) throws(StepFailure) -> [StepRecord] {
        var records: [StepRecord] = []
        for change in changes {
            records.append(
                try StepCatalog.record(
                    ChangeHost(target: host, change: change), after: records.last.map { [$0.id] } ?? dependencies))
        }
        return records
    }

    /// Steps that take back what provisioning made on a host and what is safe to take back: what is left may be another's.
    public static func undoSteps(
        _ changes: [HostChange], on host: HostName, after dependencies: [StepID]
    ) throws(StepFailure) -> [StepRecord] {
        var records: [StepRecord] = []
        for change in changes.reversed() where !change.undo.isEmpty {
            records.append(
                try StepCatalog.record(
                    UndoHostChange(target: host, change: change), after: records.last.map { [$0.id] } ?? dependencies))
        }
        return records
    }

    /// Disks that are to be formatted and may not be, of hosts that are provisioned: said before anything is changed.
    public static func diskBlockers(
        _ surveys: [HostSurvey], fleet: FleetSpecification, provisioned: [HostName: [HostChange]]
    ) -> [Blocker] {
        let look = PreflightLook(fleet: fleet, surveys: surveys, layout: nil)
        let commands = HostCommands(fleet)
        return surveys.filter { provisioned[$0.host]?.isEmpty == false }.flatMap { survey in
            Assumptions.diskBlockers(ClauseSubject(survey: survey, look: look, commands: commands))
        }
    }

    /// Blockers that are none for a host that is provisioned: what they miss is on its way.
    public static func remaining(_ blockers: [Blocker], provisioned: [HostName: [HostChange]]) -> [Blocker] {
        blockers.filter { blocker in
            let host = provisioned.first { "host \($0.key)" == blocker.object }
            guard let host, !host.value.isEmpty else { return true }
            return !Self.provides(host.value).contains(blocker.code)
        }
    }

    private static func provides(_ changes: [HostChange]) -> Set<String> {
        changes.reduce(into: []) { codes, change in
            switch change {
            case .packages, .script: codes.formUnion(["docker-down", "no-compose"])
            case .dockerRuns: codes.insert("docker-down")
            case .openPorts: codes.insert("port-unreachable")
            case .dataDisk: codes.formUnion(["no-room", "mount-missing"])
            default: break
            }
        }
    }

    /// Docker of another source is left alone: two of them do not go together.
    private func packages(_ answers: HostAnswers, _ machine: MachineFacts) -> [String] {
        guard machine.programs.contains("apt-get") else { return [] }
        var names: [String] = []
        if !machine.programs.contains("dockerd") {
            names.append("docker.io")
            // From Debian 13 on the command is a package of its own.
            if machine.system != "debian 12" { names.append("docker-cli") }
        }
        if answers.compose == nil { names.append("docker-compose") }
        return names
    }

    /// What k/provision.sh is told.
    private func environment(of host: HostSpecification) -> [String: String] {
        let nodes = layout.nodes(on: host.host)
        return [
            "GANTRY_CLUSTER": fleet.cluster.name.rawValue, "GANTRY_HOST": host.host.rawValue,
            "GANTRY_RACK": host.rack, "GANTRY_DATA": host.data.joined(separator: " "),
            "GANTRY_PORTS": nodes.map { "\($0.port)" }.joined(separator: " "),
            "GANTRY_BROKERS": "\(nodes.count { $0.role == .broker })", "GANTRY_MEMORY": "\(host.memory.bytes)",
            "GANTRY_DISKS": (host.disks ?? []).map { "\($0.device):\($0.path)" }.joined(separator: " "),
            "GANTRY_KAFKA_VERSION": "\(fleet.cluster.version)", "GANTRY_IMAGE": fleet.cluster.image,
        ]
    }
}
