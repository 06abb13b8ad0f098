public import FleetModel
public import Observation
public import Operations

extension SimulatedFleet: ContainerSource, ContainerControl {
    private func withDocker<Result: Sendable>(
        _ host: HostName, _ access: StateAccess,
        _ body: (inout SimulatedHost, inout FleetState) throws(HostProblem) -> Result
    ) async throws(HostProblem) -> Result {
        try await withHost(host, access) { found, state throws(HostProblem) in
            guard found.dockerRuns else {
                throw HostProblem(
                    code: "docker-down", unreachable: false, reason: "Docker does not answer on \(host)",
                    remedy: "ssh \(host) systemctl start docker")
            }
            return try body(&found, &state)
        }
    }

    /// The daemon and its containers.
    public func containers(on host: HostName) async throws(HostProblem) -> ContainerFacts {
        try await withDocker(host, .look) { found, _ throws(HostProblem) in
            ContainerFacts(
                docker: DockerObservation(
                    version: "28.0.0", architecture: "x86_64", memory: ByteCount(64 << 30), cores: 16),
                containers: found.containers.values.sorted { $0.node < $1.node }.map { container in
                    ContainerObservation(
                        id: "simulated-\(container.node)",
                        name: "\(cluster)-\(container.role.rawValue)-\(container.node)",
                        node: container.node, role: container.role, clusterID: container.clusterID,
                        state: container.state, exitCode: container.exitCode)
                })
        }
    }

    /// The image, if it is there.
    public func image(_ reference: String, on host: HostName) async throws(HostProblem) -> ImageObservation? {
        try await withDocker(host, .look) { found, _ throws(HostProblem) in found.images[reference] }
    }

    /// Brings the image, in three seconds.
    public func bringImage(
        _ reference: String, archive: String?, to host: HostName, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        await wait(.seconds(3))
        try await withDocker(host, .change) { found, state throws(HostProblem) in
            found.images[reference] = ImageObservation(id: "sha256:simulated", architecture: "amd64")
            state.effects.append("image \(host)")
        }
    }

    /// Runs what bootstrap runs: the format.
    public func runOnce(_ run: OneOffRun, on host: HostName) async throws(HostProblem) -> OneOffResult {
        await wait(.milliseconds(1500))
        return try await withDocker(host, .change) { found, state throws(HostProblem) in
            guard let format = FormatCommand(run.command) else {
                return OneOffResult(exitCode: 127, output: ["no such program: \(run.command.first ?? "")"])
            }
            for directory in run.mounts where directory.hasSuffix("/\(format.node)") {
                state.effects.append("format \(host):\(directory)")
                found.formatted[directory] = MetaProperties(
                    clusterID: format.clusterID, nodeID: format.node, directoryID: format.directoryID)
            }
            return OneOffResult(exitCode: 0, output: [])
        }
    }

    /// Starts services that do not run.
    public func start(_ services: [String], of cluster: ClusterName, on host: HostName) async throws(HostProblem) {
        await wait(.milliseconds(700))
        try await withDocker(host, .change) { found, state throws(HostProblem) in
            for service in services {
                let words = service.split(separator: "-")
                guard words.count == 2, let role = NodeRole(rawValue: String(words[0])), let node = NodeID(words[1])
                else { continue }
                if var container = found.containers[node] {
                    guard container.state != .running else { continue }
                    state.effects.append("start \(service)")
                    container.state = .running
                    container.startedAt = state.now
                    found.containers[node] = container
                } else {
                    state.effects.append("create \(service)")
                    let identity = found.formatted.values.first { $0.nodeID == node }
                    found.containers[node] = SimulatedContainer(
                        node: node, role: role, clusterID: identity?.clusterID, state: .running, startedAt: state.now)
                }
            }
        }
    }

    /// Stops a container.
    public func stop(_ container: ContainerObservation, grace: Duration, on host: HostName) async throws(HostProblem) {
        await wait(.seconds(3))
        try await withDocker(host, .change) { found, state throws(HostProblem) in
            guard let node = container.node, found.containers[node]?.state == .running else { return }
            state.effects.append("stop \(container.name)")
            found.containers[node]?.state = .exited
            found.containers[node]?.exitCode = 143
        }
    }

    /// Removes a stopped container.
    public func remove(_ container: ContainerObservation, on host: HostName) async throws(HostProblem) {
        try await withDocker(host, .change) { found, state throws(HostProblem) in
            guard let node = container.node, let present = found.containers[node] else { return }
            guard present.state != .running else {
                throw HostProblem(
                    code: "conflict", unreachable: false, reason: "\(container.name) on \(host) runs",
                    remedy: "stop it first")
            }
            state.effects.append("remove \(container.name)")
            found.containers[node] = nil
        }
    }

    /// The container's own exit code and some line.
    public func lastEnd(
        of container: ContainerObservation, lines: Int, on host: HostName
    ) async throws(HostProblem) -> LastEnd {
        LastEnd(exitCode: container.exitCode, output: try await logs(of: container.name, lines: lines, on: host))
    }

    /// Some line.
    public func logs(of container: String, lines: Int, on host: HostName) async throws(HostProblem) -> [String] {
        try await withDocker(host, .look) { _, _ throws(HostProblem) in ["simulated log of \(container)"] }
    }
}

/// What a `kafka-storage.sh format` is asked for.
private struct FormatCommand {
    var node: NodeID
    var clusterID: ClusterID
    var directoryID: DirectoryID?

    init?(_ command: [String]) {
        func value(_ option: String) -> String? {
            command.firstIndex(of: option).flatMap { command.indices.contains($0 + 1) ? command[$0 + 1] : nil }
        }
        guard command.first == InImagePath.storage, let clusterID = value("-t").flatMap(ClusterID.init(rawValue:)),
            let file = value("-c")?.split(separator: "/").last, let node = NodeID(file.prefix { $0 != "." })
        else { return nil }
        self.node = node
        self.clusterID = clusterID
        let member = (value("--initial-controllers") ?? "").split(separator: ",").first { $0.hasPrefix("\(node)@") }
        directoryID = member?.split(separator: ":").last.flatMap { DirectoryID(rawValue: String($0)) }
    }
}
