import DockerEngine
import FleetModel
import Observation
import Operations
import SecureShell

/// The services' view of containers, over each host's Docker engine.
struct DockerHosts: ContainerSource, ContainerControl {
    /// Containers of one host that are inspected at once.
    private static let width = 8

    let links: DockerLinks
    let directory: HostDirectory
    let cluster: ClusterName
    /// Where hosts pull images from, with a login.
    var registry: RegistrySettings?

    /// Asks the engine of `host`. A connection that is lost is made anew once, where asking again does no harm.
    func ask<Value: Sendable>(
        _ host: HostName, again: Bool = true, _ body: (DockerEngine) async throws(DockerError) -> Value
    ) async throws(HostProblem) -> Value {
        var link = try await links.link(host)
        do throws(DockerError) {
            return try await body(link.resource)
        } catch {
            guard error.isAboutConnection else { throw HostProblem(error, on: host) }
            links.discard(link, of: host)
            guard again else { throw await problem(error, host) }
        }
        link = try await links.link(host)
        do throws(DockerError) {
            return try await body(link.resource)
        } catch {
            if error.isAboutConnection { links.discard(link, of: host) }
            throw error.isAboutConnection ? await problem(error, host) : HostProblem(error, on: host)
        }
    }

    /// Why nobody answers behind a forwarded socket: only the host itself can tell.
    func problem(_ error: DockerError, _ host: HostName) async -> HostProblem {
        do throws(SSHError) {
            guard let remote = try? directory.remote(host) else { return HostProblem(error, on: host) }
            switch try await remote.socketState(DockerLinks.socket) {
            case .missing, .notASocket:
                return HostProblem(
                    code: "docker-down", unreachable: false,
                    reason: "Docker does not run on \(host): there is no \(DockerLinks.socket)",
                    remedy: directory.commands.line("systemctl start docker", on: host, asRoot: true)
                        + " (install docker.io where it is missing)")
            case .notPermitted(let user):
                return HostProblem(
                    code: "docker-not-permitted", unreachable: false,
                    reason: "user \(user) may not use \(DockerLinks.socket) on \(host)",
                    remedy: directory.commands.line("usermod -aG docker \(user)", on: host, asRoot: true)
                        + ", or log in as root")
            case .usable:
                return HostProblem(
                    code: "docker-down", unreachable: false,
                    reason: "Docker does not answer on \(host), though its socket is there",
                    remedy: directory.commands.line("systemctl status docker", on: host))
            }
        } catch {
            return HostProblem(error)
        }
    }

    func containers(on host: HostName) async throws(HostProblem) -> ContainerFacts {
        let label = "\(ContainerLabel.cluster)=\(cluster)"
        return try await ask(host) { engine throws(DockerError) in
            async let answer = Self.info(engine)
            let summaries = try await engine.containers(labels: [label])
            let details = await mapBounded(summaries.map(\.id), width: Self.width) { id in
                await Self.details(engine, id)
            }
            let info = try (await answer).get()
            var containers: [ContainerObservation] = []
            for found in details { if let seen = try Self.observation(found) { containers.append(seen) } }
            return ContainerFacts(
                docker: DockerObservation(
                    version: info.serverVersion, architecture: info.architecture, memory: info.memTotal,
                    cores: info.ncpu, storageDriver: info.driver,
                    cgroups: "v\(info.cgroupVersion), \(info.cgroupDriver)",
                    loggingDriver: info.loggingDriver, liveRestore: info.liveRestoreEnabled, warnings: info.warnings),
                containers: containers)
        }
    }

    // Task groups and `async let` forget which error is thrown: results keep it.
    private static func info(_ engine: DockerEngine) async -> Result<DaemonInfo, DockerError> {
        do throws(DockerError) { return .success(try await engine.info()) } catch { return .failure(error) }
    }

    private static func details(
        _ engine: DockerEngine, _ id: ContainerID
    ) async -> Result<ContainerDetails, DockerError> {
        do throws(DockerError) { return .success(try await engine.inspect(.id(id))) } catch { return .failure(error) }
    }

    /// Nil for a container that was removed between the list and the look.
    private static func observation(
        _ details: Result<ContainerDetails, DockerError>
    ) throws(DockerError) -> ContainerObservation? {
        let found: ContainerDetails
        do throws(DockerError) {
            found = try details.get()
        } catch {
            if error.kind == .notFound(.container) { return nil }
            throw error
        }
        return ContainerObservation(
            id: found.id.rawValue, name: found.name, node: found.labels[ContainerLabel.node].flatMap { NodeID($0) },
            role: found.labels[ContainerLabel.role].flatMap(NodeRole.init(rawValue:)),
            clusterID: found.labels[ContainerLabel.clusterID].flatMap(ClusterID.init(rawValue:)),
            state: found.state.status, exitCode: found.state.finishedAt == nil ? nil : found.state.exitCode,
            oomKilled: found.state.oomKilled, restarts: found.restartCount,
            startedAt: found.state.startedAt.map { Timestamp(milliseconds: $0.nanoseconds / 1_000_000) },
            image: found.image, imageID: found.imageID.rawValue, configDigest: found.labels[ContainerLabel.config],
            startError: found.state.error.isEmpty ? nil : String(found.state.error.prefix(300)))
    }

    func runOnce(_ run: OneOffRun, on host: HostName) async throws(HostProblem) -> OneOffResult {
        var specification = ContainerSpecification(
            image: ImageReference(run.image), command: Array(run.command.dropFirst()))
        specification.entrypoint = Array(run.command.prefix(1))
        specification.environment = run.environment
        specification.user = run.user
        specification.networkMode = "none"
        specification.binds = run.mounts.map { ContainerSpecification.Bind(source: $0, target: $0) }
        let order = OneOff(specification, name: run.name)
        let outcome: OneOffOutcome
        do throws(HostProblem) {
            outcome = try await ask(host, again: false) { engine throws(DockerError) in
                try await engine.runOnce(order)
            }
        } catch {
            guard let program = run.command.first, error.reason.contains("\"\(program)\""),
                error.reason.contains("no such file or directory")
            else { throw error }
            throw HostProblem(
                code: "image-without-kafka", unreachable: false, reason: "the image \(run.image) has no \(program)",
                remedy: "build it as k/Dockerfile does, or name another one in cluster.image of defaults.cfg")
        }
        return OneOffResult(
            exitCode: outcome.exitCode, output: outcome.output.suffix(Self.outputLines).map(\.text))
    }

    func hasOneOff(_ name: String, on host: HostName) async throws(HostProblem) -> Bool {
        try await ask(host) { engine throws(DockerError) in try await engine.hasOneOff(named: name) }
    }

    func removeOneOff(_ name: String, on host: HostName) async throws(HostProblem) {
        try await ask(host) { engine throws(DockerError) in try await engine.removeOneOff(named: name) }
    }

    /// Lines of a failed command that are worth showing.
    private static let outputLines = 30

    func complaints(
        about file: [UInt8], of cluster: ClusterName, on host: HostName
    ) async throws(HostProblem) -> [String] {
        try await ComposeProject(remote: try directory.remote(host), host: host, cluster: cluster).complaints(
            about: file)
    }

    func start(_ services: [String], of cluster: ClusterName, on host: HostName) async throws(HostProblem) {
        try await ComposeProject(remote: try directory.remote(host), host: host, cluster: cluster).start(services)
    }

    func stop(_ container: ContainerObservation, grace: Duration, on host: HostName) async throws(HostProblem) {
        try await ask(host, again: false) { engine throws(DockerError) in
            do throws(DockerError) {
                try await engine.stop(.id(ContainerID(rawValue: container.id)), timeout: grace)
            } catch {
                guard error.kind == .notFound(.container) else { throw error }
            }
        }
    }

    func remove(_ container: ContainerObservation, on host: HostName) async throws(HostProblem) {
        try await ask(host, again: false) { engine throws(DockerError) in
            do throws(DockerError) {
                try await engine.remove(.id(ContainerID(rawValue: container.id)))
            } catch {
                guard error.kind == .notFound(.container) else { throw error }
            }
        }
    }

    func lastEnd(
        of container: ContainerObservation, lines: Int, on host: HostName
    ) async throws(HostProblem) -> LastEnd {
        guard container.state == .running, let startedAt = container.startedAt else {
            return LastEnd(
                exitCode: container.exitCode, output: try await logs(of: container.name, lines: lines, on: host))
        }
        let name = ContainerReference.name(container.name)
        return try await ask(host) { engine throws(DockerError) in
            // Of a running process inspect has no exit code, and its log goes on: events and times tell of the last run.
            let written = try await engine.logs(
                of: name, LogSelection(tail: .last(lines + Self.linesOfNewRun), timestamps: true))
            let before = written.filter { $0.time.map { $0 < DockerTime(startedAt) } ?? false }
            let codes = try? await engine.withEvents(
                since: DockerTime(Timestamp(milliseconds: startedAt.milliseconds - Self.eventMemory)),
                until: DockerTime(Timestamp(milliseconds: startedAt.milliseconds + 1000)),
                filter: EventFilter(types: [.container], actions: [.die], containers: [container.id])
            ) { events in
                var last: Int32?
                for try await case .event(let event) in events { last = event.exitCode ?? last }
                return last
            }
            return LastEnd(exitCode: codes ?? nil, output: before.suffix(lines).map(\.text))
        }
    }

    /// What a node may have written since its restart was seen: a start is some hundred lines.
    private static let linesOfNewRun = 500
    /// Ten minutes, in milliseconds: a process that died in its start died within them; older deaths are of no interest.
    private static let eventMemory: Int64 = 600_000

    func logs(of container: String, lines: Int, on host: HostName) async throws(HostProblem) -> [String] {
        try await ask(host) { engine throws(DockerError) in
            try await engine.logs(of: .name(container), LogSelection(tail: .last(lines))).map(\.text)
        }
    }
}

extension DockerError {
    /// Whether nobody answered, so that the way there is in question and not the call.
    var isAboutConnection: Bool { kind == .daemonNotRunning || kind == .connectionLost }
}

extension HostProblem {
    /// A failure of Docker's, as the services know it.
    init(_ error: DockerError, on host: HostName) {
        let code =
            switch error.kind {
            case .daemonNotRunning, .connectionLost: "docker-down"
            case .permissionDenied: "docker-not-permitted"
            case .deadline: "deadline-exceeded"
            case .cancelled: "cancelled"
            case .unsupportedVersion: "docker-too-old"
            case .notFound(.image): "image-missing"
            case .notFound: "not-found"
            case .conflict: "conflict"
            case .wrongPlatform: "architecture"
            case .noSpace: "no-room"
            case .invalidRequest: "invalid"
            case .server, .garbage, .answerTooLarge, .transfer: "docker-failed"
            }
        self.init(
            code: code, unreachable: false, reason: "Docker on \(host): \(error)",
            remedy: error.remedy)
    }
}
