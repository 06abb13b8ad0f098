public import FleetModel
public import Observation

/// What bootstrap learned of one host before it touches anything.
public struct HostSurvey: Sendable {
    /// The host.
    public var host: HostName
    /// What SSH told, or why it did not.
    public var answers: Result<HostAnswers, HostProblem>
    /// What Docker told, or why it did not.
    public var containers: Result<ContainerFacts, HostProblem>

    /// A survey of these parts.
    public init(
        host: HostName, answers: Result<HostAnswers, HostProblem>, containers: Result<ContainerFacts, HostProblem>
    ) {
        self.host = host
        self.answers = answers
        self.containers = containers
    }

    /// Asks every host side by side.
    public static func survey(
        _ fleet: FleetSpecification, hosts: any HostControl, containers: any ContainerSource
    ) async -> [HostSurvey] {
        await mapBounded(fleet.hosts, width: Observer.width) { host in
            let question = HostQuestion(cluster: fleet.cluster.name, data: host.data)
            let answers: Result<HostAnswers, HostProblem>
            do throws(HostProblem) {
                answers = .success(try await hosts.inspect(host.host, question))
            } catch {
                // Docker is reached through the same SSH connection: asking it too would only double the error.
                return HostSurvey(host: host.host, answers: .failure(error), containers: .failure(error))
            }
            do throws(HostProblem) {
                return HostSurvey(
                    host: host.host, answers: answers,
                    containers: .success(try await containers.containers(on: host.host)))
            } catch {
                return HostSurvey(host: host.host, answers: answers, containers: .failure(error))
            }
        }
    }
}

/// Proves, from what was surveyed, that bootstrap can be done: pure.
public enum BootstrapProof {
    /// Room that a host needs for a start: Kafka's own files, the image unpacked, and first data.
    public static let minimumRoom = ByteCount(1 << 30)

    /// Everything that stands in the way, on every host; empty when nothing does.
    public static func blockers(
        _ fleet: FleetSpecification, layout: ClusterLayout, surveys: [HostSurvey]
    ) -> [Blocker] {
        surveys.flatMap { survey -> [Blocker] in
            switch survey.answers {
            case .failure(let problem): [blocker(problem, on: survey.host)]
            case .success(let answers):
                docker(survey) + host(answers, survey, layout: layout, cluster: fleet.cluster.name)
                    + ports(answers, survey, layout: layout) + data(answers, survey, layout: layout)
            }
        }
    }

    private static func blocker(_ problem: HostProblem, on host: HostName) -> Blocker {
        Blocker(
            code: problem.code, object: "host \(host)", reason: problem.reason, remedy: problem.remedy,
            unknown: problem.unreachable)
    }

    private static func docker(_ survey: HostSurvey) -> [Blocker] {
        guard case .failure(let problem) = survey.containers else { return [] }
        return [blocker(problem, on: survey.host)]
    }

    private static func host(
        _ answers: HostAnswers, _ survey: HostSurvey, layout: ClusterLayout, cluster: ClusterName
    ) -> [Blocker] {
        var blockers: [Blocker] = []
        let object = "host \(survey.host)"
        if !answers.privileged {
            blockers.append(
                Blocker(
                    code: "not-privileged", object: object,
                    reason: "the login is not root and sudo asks for a password",
                    remedy: "log in as root, or allow sudo without a password (NOPASSWD) for this user"))
        }
        if answers.compose == nil {
            blockers.append(
                Blocker(
                    code: "no-compose", object: object, reason: "neither `docker compose` nor docker-compose is there",
                    remedy: "ssh \(survey.host) apt-get install docker-compose"))
        }
        for disk in answers.disks where disk.free < minimumRoom && !layout.nodes(on: survey.host).isEmpty {
            blockers.append(
                Blocker(
                    code: "no-room", object: object,
                    reason: "\(disk.path) has \(disk.free) free of \(disk.total); \(minimumRoom) is the least to start",
                    remedy: "free space there, or name another directory in data: of \(survey.host)"))
        }
        return blockers
    }

    /// A port of a node without container must be free; a node that has one holds its own port.
    private static func ports(_ answers: HostAnswers, _ survey: HostSurvey, layout: ClusterLayout) -> [Blocker] {
        let present = Set(
            ((try? survey.containers.get())?.containers ?? []).filter { $0.state == .running }.compactMap(\.node))
        return layout.nodes(on: survey.host).compactMap { node in
            guard !present.contains(node.id), answers.listening.contains(node.port) else { return nil }
            return Blocker(
                code: "port-in-use", object: "host \(survey.host)",
                reason: "port \(node.port), wanted for \(node.role.rawValue) \(node.id), is in use by something else",
                remedy: "ssh \(survey.host) ss -ltnp 'sport = :\(node.port)' shows by what; "
                    + "stop it, or set ports: of \(survey.host)")
        }
    }

    private static func data(_ answers: HostAnswers, _ survey: HostSurvey, layout: ClusterLayout) -> [Blocker] {
        layout.nodes(on: survey.host).flatMap { node in
            node.dataDirectories.compactMap { directory in
                answers.formatted[directory].flatMap {
                    ForeignData.blocker($0, at: directory, node: node, clusterID: layout.clusterID)
                }
            }
        }
    }

}
