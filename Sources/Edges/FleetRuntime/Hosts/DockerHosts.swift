import FleetModel
import Observation
import Operations
import Processes
import SecureShell

/// The services' view of containers, over Docker on each host.
struct DockerHosts: ContainerSource, ContainerControl {
    private static let deadline: Duration = .seconds(30)

    let directory: HostDirectory
    let cluster: ClusterName

    private func docker(
        _ arguments: [String], on host: HostName, deadline: Duration = Self.deadline
    ) async throws(HostProblem) -> RemoteResult {
        let remote = try directory.remote(host)
        do throws(SSHError) {
            return try await remote.run(["docker"] + arguments, asRoot: true, deadline: deadline)
        } catch {
            throw HostProblem(error)
        }
    }

    func containers(on host: HostName) async throws(HostProblem) -> ContainerFacts {
        let script = #"""
            docker info --format '{{json .}}' || exit 1
            ids=$(docker ps -aq --no-trunc --filter "label=$1") || exit 1
            [ -n "$ids" ] && docker inspect --format '{{json .}}' $ids
            exit 0
            """#
        let remote = try directory.remote(host)
        let result: RemoteResult
        do throws(SSHError) {
            result = try await remote.run(
                .script(script, ["\(ContainerLabel.cluster)=\(cluster)"], asRoot: true, deadline: Self.deadline))
        } catch {
            throw HostProblem(error)
        }
        guard result.isSuccess else {
            throw HostProblem(
                code: "docker-down", unreachable: false, reason: "Docker: \(result.stderr.trimmed)",
                remedy: "ssh \(host) systemctl start docker")
        }
        let documents = result.stdout.text.split(separator: "\n").compactMap { try? JSONValue(parsing: $0) }
        let info = documents.first
        return ContainerFacts(
            docker: DockerObservation(
                version: info?["ServerVersion"]?.string ?? "", architecture: info?["Architecture"]?.string ?? "",
                memory: ByteCount(info?["MemTotal"]?.integer ?? 0), cores: Int(info?["NCPU"]?.integer ?? 0)),
            containers: documents.dropFirst().map { value in
                let labels = value["Config"]?["Labels"]
                let state = value["State"]
                return ContainerObservation(
                    id: value["Id"]?.string ?? "", name: String((value["Name"]?.string ?? "").drop { $0 == "/" }),
                    node: labels?[ContainerLabel.node]?.string.flatMap { NodeID($0) },
                    role: labels?[ContainerLabel.role]?.string.flatMap(NodeRole.init(rawValue:)),
                    clusterID: labels?[ContainerLabel.clusterID]?.string.flatMap(ClusterID.init(rawValue:)),
                    state: ContainerState(rawValue: state?["Status"]?.string ?? ""),
                    exitCode: state?["ExitCode"]?.integer.map { Int32(truncatingIfNeeded: $0) },
                    oomKilled: state?["OOMKilled"]?.bool ?? false, restarts: Int(value["RestartCount"]?.integer ?? 0),
                    image: value["Config"]?["Image"]?.string ?? "", imageID: value["Image"]?.string ?? "",
                    configDigest: labels?[ContainerLabel.config]?.string)
            })
    }

    func image(_ reference: String, on host: HostName) async throws(HostProblem) -> ImageObservation? {
        let result = try await docker(
            ["image", "inspect", "--format", "{{.Id}} {{.Architecture}}", reference], on: host)
        let words = result.stdout.trimmed.split(separator: " ")
        return result.isSuccess && words.count == 2
            ? ImageObservation(id: String(words[0]), architecture: String(words[1])) : nil
    }

    func bringImage(
        _ reference: String, archive: String?, to host: HostName, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        try await ImageTransfer(remote: try directory.remote(host), host: host, image: reference)
            .bring(from: await ImageTransfer.source(of: reference, archive: archive), progress: progress)
    }

    func runOnce(_ run: OneOffRun, on host: HostName) async throws(HostProblem) -> OneOffResult {
        let result = try await docker(
            ["run", "--rm", "--name", run.name, "--network", "host", "--user", run.user]
                + run.mounts.flatMap { ["-v", "\($0):\($0)"] } + run.environment.flatMap { ["-e", $0] }
                + ["--entrypoint", run.command.first ?? "", run.image] + run.command.dropFirst(), on: host,
            deadline: .seconds(120))
        return OneOffResult(
            exitCode: result.exitCode,
            output: (result.stdout.text + result.stderr.text).split(separator: "\n").suffix(30).map(String.init))
    }

    func start(_ services: [String], of cluster: ClusterName, on host: HostName) async throws(HostProblem) {
        try await ComposeProject(remote: try directory.remote(host), host: host, cluster: cluster).start(services)
    }

    func logs(of container: String, lines: Int, on host: HostName) async throws(HostProblem) -> [String] {
        let result = try await docker(["logs", "--tail", "\(lines)", container], on: host)
        return (result.stdout.text + result.stderr.text).split(separator: "\n").suffix(lines).map(String.init)
    }
}
