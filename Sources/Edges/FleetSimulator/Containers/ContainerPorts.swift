public import FleetModel
public import Observation
public import Operations

extension SimulatedFleet: ContainerSource, ContainerControl {
    /// Calls `body` with a host whose Docker answers.
    func withDocker<Result: Sendable>(
        _ host: HostName, _ access: StateAccess,
        _ body: (inout SimulatedHost, inout FleetState) throws(HostProblem) -> Result
    ) async throws(HostProblem) -> Result {
        try await withHost(host, access) { found, state throws(HostProblem) in
            guard found.dockerRuns else {
                throw HostProblem(
                    code: "docker-down", unreachable: false,
                    reason: "Docker does not run on \(host): there is no /var/run/docker.sock",
                    remedy: "ssh \(host) systemctl start docker (install docker.io where it is missing)")
            }
            return try body(&found, &state)
        }
    }

    /// The daemon and its containers.
    public func containers(on host: HostName) async throws(HostProblem) -> ContainerFacts {
        let epoch = clock.now().advanced(by: .zero - clock.uptime())
        return try await withDocker(host, .look) { found, _ throws(HostProblem) in
            ContainerFacts(
                docker: DockerObservation(
                    version: "28.0.0", architecture: found.architecture, memory: ByteCount(64 << 30), cores: 16,
                    storageDriver: "overlay2", cgroups: "v2, systemd", loggingDriver: "json-file",
                    liveRestore: found.machine.daemonSettings?.contains("\"live-restore\":") == true),
                containers: found.containers.values.filter { $0.belongs(to: cluster) }.sorted { $0.node < $1.node }.map
                {
                    container in
                    ContainerObservation(
                        id: container.id, name: container.name, node: container.node, role: container.role,
                        clusterID: container.clusterID, state: container.state,
                        // Of a process that runs Docker says 0, once there was one before it.
                        exitCode: container.exitCode.map { container.isRunning ? 0 : $0 },
                        oomKilled: container.oomKilled, restarts: container.restarts,
                        startedAt: container.startedAt.map { epoch.advanced(by: $0) }, image: container.image,
                        imageID: found.images[container.image]?.id ?? "", configDigest: container.configDigest)
                })
        }
    }

    /// Runs what bootstrap runs: the format.
    public func runOnce(_ run: OneOffRun, on host: HostName) async throws(HostProblem) -> OneOffResult {
        try await withDocker(host, .change) { found, _ throws(HostProblem) in
            guard found.images[run.image] != nil else {
                throw HostProblem(
                    code: "image-missing", unreachable: false, reason: "there is no image \(run.image) on \(host)",
                    remedy: "gantry bootstrap brings it")
            }
            found.oneOffs.insert(run.name)
        }
        await wait(.milliseconds(1500))
        return try await withDocker(host, .change) { found, state throws(HostProblem) in
            found.oneOffs.remove(run.name)
            return StorageTool.run(run.command, mounts: run.mounts, on: host, &found, &state)
        }
    }

    /// Whether one was left by a process that was killed.
    public func hasOneOff(_ name: String, on host: HostName) async throws(HostProblem) -> Bool {
        try await withDocker(host, .look) { found, _ throws(HostProblem) in found.oneOffs.contains(name) }
    }

    /// Removes it.
    public func removeOneOff(_ name: String, on host: HostName) async throws(HostProblem) {
        try await withDocker(host, .change) { found, state throws(HostProblem) in
            if found.oneOffs.remove(name) != nil { state.effects.append("remove \(name)") }
        }
    }

    /// What Compose has against a file: here only that it is none.
    public func complaints(
        about file: [UInt8], of cluster: ClusterName, on host: HostName
    ) async throws(HostProblem) -> [String] {
        await wait(.milliseconds(300))
        return try await withHost(host, .look) { _, _ throws(HostProblem) in
            ComposeFile(String(decoding: file, as: UTF8.self)).services.isEmpty ? ["no service selected"] : []
        }
    }

    /// Compose's `up` for services that do not run.
    public func start(_ services: [String], of cluster: ClusterName, on host: HostName) async throws(HostProblem) {
        await wait(.milliseconds(700))
        let began = try await withDocker(host, .change) { found, state throws(HostProblem) in
            try Self.up(services, of: cluster, on: host, &found, &state)
        }
        guard !began.isEmpty else { return }
        try await with(host) { state in for node in began { state.start(node, on: host) } }
    }

    /// Makes the containers that are not there, or were made from another configuration.
    /// - Returns: the nodes to start.
    private static func up(
        _ services: [String], of cluster: ClusterName, on host: HostName, _ found: inout SimulatedHost,
        _ state: inout FleetState
    ) throws(HostProblem) -> [NodeID] {
        let path = OnHostPath.composeFile(of: cluster)
        func failure(_ line: String) -> HostProblem {
            HostProblem(
                code: "compose-failed", unreachable: false, reason: "Compose ended with exit code 1 on \(host)",
                remedy: "mend what its lines say: k/docker-compose.yml is the template of its file", evidence: [line])
        }
        guard let text = found.files[path]?.contents else { throw failure("open \(path): no such file or directory") }
        let file = ComposeFile(String(decoding: text, as: UTF8.self))
        var wanted: [(NodeID, NodeRole, ComposeFile.Service)] = []
        for name in services {
            guard let service = file.service(name) else { throw failure("no such service: \(name)") }
            guard let node = service.node, let role = service.role else {
                throw failure("service \(name) has no label \(ContainerLabel.node): nothing simulates it")
            }
            guard found.images[service.image] != nil else {
                throw failure("pull access denied for \(service.image), repository does not exist")
            }
            wanted.append((node, role, service))
        }
        var began: [NodeID] = []
        for (node, role, service) in wanted {
            let present = found.containers[node]
            if present?.isRunning == true { continue }
            let digest = service.labels[ContainerLabel.config]
            if let present, present.configDigest == digest {
                state.effects.append("start \(service.name)")
            } else {
                if let present { found.tell("destroy", of: present, at: state.now) }
                state.effects.append("create \(service.name)")
                let container = SimulatedContainer(
                    id: digits(64) { _ in state.chance.next() }, name: service.containerName, node: node, role: role,
                    clusterID: service.labels[ContainerLabel.clusterID].flatMap(ClusterID.init(rawValue:)),
                    configDigest: digest, image: service.image, properties: service.properties ?? "",
                    restart: service.restart)
                found.tell("create", of: container, at: state.now)
                found.containers[node] = container
            }
            began.append(node)
        }
        return began
    }

    /// `docker stop`: returns when the process is gone, one way or the other; Docker gives up on one that outlives its
    /// SIGKILL.
    public func stop(_ container: ContainerObservation, grace: Duration, on host: HostName) async throws(HostProblem) {
        let node = try await withDocker(host, .look) { found, _ throws(HostProblem) -> NodeID? in
            found.containers.values.first { $0.id == container.id && ($0.isRunning || $0.state == .restarting) }?.node
        }
        guard let node else { return }
        try await with(host) { state in
            state.effects.append("stop \(container.name)")
            state.stop(node, on: host, grace: grace)
        }
        let limit = clock.uptime() + grace + Self.killPatience
        while true {
            await wait(Self.stopInterval)
            let runs = try await withDocker(host, .look) { found, _ throws(HostProblem) in
                found.containers[node].map { $0.id == container.id && $0.isRunning } ?? false
            }
            guard runs, !Task.isCancelled else { return }
            guard clock.uptime() < limit else {
                throw HostProblem(
                    code: "docker", unreachable: false,
                    reason: "Docker on \(host): tried to kill container, but did not receive an exit event",
                    remedy: "see what \(container.name) waits for, its disk perhaps: dmesg on \(host)")
            }
        }
    }

    /// How long Docker waits for the end of a process that it has killed.
    private static let killPatience: Duration = .seconds(10)
    /// How exactly the end of a stop is seen.
    private static let stopInterval: Duration = .milliseconds(100)

    /// Removes a stopped container.
    public func remove(_ container: ContainerObservation, on host: HostName) async throws(HostProblem) {
        try await withDocker(host, .change) { found, state throws(HostProblem) in
            guard let present = found.containers.values.first(where: { $0.id == container.id }) else { return }
            guard !present.isRunning, present.state != .restarting else {
                throw HostProblem(
                    code: "conflict", unreachable: false, reason: "\(container.name) on \(host) runs",
                    remedy: "stop it first")
            }
            state.effects.append("remove \(container.name)")
            found.tell("destroy", of: present, at: state.now)
            found.containers[present.node] = nil
        }
    }

    /// How the last run that ended, ended: the present one's, or the one before.
    public func lastEnd(
        of container: ContainerObservation, lines: Int, on host: HostName
    ) async throws(HostProblem) -> LastEnd {
        try await withDocker(host, .look) { found, _ throws(HostProblem) in
            guard let present = found.containers.values.first(where: { $0.id == container.id }) else {
                return LastEnd(exitCode: nil, output: [])
            }
            let last = present.isRunning ? present.run - 1 : present.run
            return LastEnd(
                exitCode: present.exitCode, output: present.log.filter { $0.run <= last }.suffix(lines).map(\.text))
        }
    }

    /// The last lines that its process wrote.
    public func logs(of container: String, lines: Int, on host: HostName) async throws(HostProblem) -> [String] {
        try await withDocker(host, .look) { found, _ throws(HostProblem) in
            guard let present = found.containers.values.first(where: { $0.name == container }) else {
                throw HostProblem(
                    code: "not-found", unreachable: false, reason: "there is no container \(container) on \(host)",
                    remedy: "gantry clusterstatus shows what there is")
            }
            return present.log.suffix(lines).map(\.text)
        }
    }

    /// So many hexadecimal digits from numbers.
    static func digits(_ count: Int, _ number: (Int) -> UInt64) -> String {
        var digits = ""
        var part = 0
        while digits.count < count {
            let next = String(number(part), radix: 16)
            digits += String(repeating: "0", count: 16 - next.count) + next
            part += 1
        }
        return String(digits.prefix(count))
    }
}
