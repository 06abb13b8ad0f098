import FleetModel
import HealthRules
import Observation

extension Assumptions {
    /// Room that a host needs for a start: Kafka's own files, the image unpacked, and first data.
    static let minimumRoom = ByteCount(1 << 30)

    /// The code of a login that may not do what has to be done.
    private static let notPrivileged = "not-privileged"

    static let hostClauses: [Clause] = [
        Clause("H1", "The techhost reaches it by SSH, with a host key that is known.", blocking: true) { subject in
            switch subject.survey.answers {
            case .success: .pass("SSH answers")
            // Whoever is asked for sudo's password has got through SSH: that is the next clause's.
            case .failure(let problem) where problem.code == notPrivileged: .pass("SSH answers")
            case .failure(let problem): .fail(problem.code, problem.reason, remedy: wayOut(problem, subject))
            }
        },
        Clause(
            "H2", "The login is root, or sudo lets it run /bin/sh as root without a password or a terminal.",
            blocking: true
        ) { subject in
            if case .failure(let problem) = subject.survey.answers, problem.code == notPrivileged {
                return .fail(problem.code, problem.reason, remedy: problem.remedy)
            }
            return withAnswers(subject) { answers in
                answers.privileged
                    ? .pass("privileged")
                    : .fail(
                        notPrivileged, "the login is not root and sudo asks for a password",
                        remedy: "log in as root, or allow this user sudo without a password (NOPASSWD)")
            }
        },
        Clause(
            "H3", "Docker 20.10 or later runs, and its socket can be used.", blocking: true, fix: dockerAccess
        ) { subject in
            switch subject.survey.containers {
            case .success(let facts): .pass("Docker \(facts.docker.version)")
            case .failure(let problem): .fail(problem.code, problem.reason, remedy: problem.remedy)
            case nil: .unknown("SSH did not get that far")
            }
        },
        Clause(
            "H4", "Compose is there: the plugin (v2), or docker-compose 1.29.", blocking: true,
            fix: { $0.machine?.programs.contains("apt-get") == true ? [.packages(["docker-compose"])] : [] }
        ) { subject in
            withAnswers(subject) { answers in
                if let compose = answers.compose { return .pass("Compose \(compose.rawValue)") }
                return .fail(
                    "no-compose", "neither `docker compose` nor docker-compose is there",
                    remedy: subject.line("apt-get install docker-compose"))
            }
        },
        Clause("H5", "Its processor is x86_64 or aarch64, as the image's.", blocking: true) { subject in
            withAnswers(subject) { answers in
                ["amd64", "arm64"].contains(Architecture(docker: answers.architecture).name)
                    ? .pass(answers.architecture)
                    : .fail(
                        "architecture", "its processor is \(answers.architecture)",
                        remedy: "use an x86_64 or aarch64 host")
            }
        },
        Clause("H6", "The ports of its nodes are free, and no other cluster's.", blocking: true) { subject in
            withAnswers(subject) { ports($0, subject) }
        },
        Clause("H7", "Every data directory has at least \(minimumRoom) free.", blocking: true) { subject in
            withAnswers(subject) { answers in
                if let disk = answers.disks.first(where: { $0.free < minimumRoom }) {
                    return .fail(
                        "no-room", "\(disk.path) has \(disk.free) free of \(disk.total); \(minimumRoom) is the least",
                        remedy: "free space there, or name another directory in data: of \(subject.survey.host)")
                }
                return .pass(answers.disks.map { "\($0.path): \($0.free) free" }.joined(separator: ", "))
            }
        },
        Clause("H8", "Its data directories hold no other cluster's or node's data.", blocking: true) { subject in
            withAnswers(subject) { foreignData($0, subject) }
        },
        // A broker must never start on the system's disk below the mount that is missing.
        Clause(
            "H9", "What its fstab mounts at or above a data directory is mounted.", blocking: true
        ) { subject in
            subject.withMachine { machine in
                let data = subject.wanted?.data ?? []
                let missing = machine.unmounted.filter { mount in
                    data.contains { $0 == mount || $0.hasPrefix(mount == "/" ? mount : mount + "/") }
                }
                guard let first = missing.first else { return .pass("nothing is missing") }
                return .fail(
                    "mount-missing", "\(missing.joined(separator: ", ")) stands in its fstab and is not mounted",
                    remedy: subject.line("mount \(first)"))
            }
        },
    ]

    /// What to do about a host that SSH does not reach, where the cluster is there already.
    private static func wayOut(_ problem: HostProblem, _ subject: ClauseSubject) -> String {
        // What the others remember: a cluster that is yet to be made has no host to take out.
        guard problem.unreachable, let present = subject.look.surveys.lazy.compactMap(\.rememberedLayout).first else {
            return problem.remedy
        }
        if !present.nodes(on: subject.host).isEmpty, !subject.nodes.isEmpty {
            return WaysOut.silent(subject.host, problem.remedy)
        }
        return "\(problem.remedy); or take \(subject.host) out of virthosts: it has no node of the cluster"
    }

    /// A login that Docker's socket refuses can be let in; a Docker that does not run can be started.
    private static func dockerAccess(_ subject: ClauseSubject) -> [HostChange] {
        guard case .failure(let problem)? = subject.survey.containers else { return [] }
        switch problem.code {
        case "docker-not-permitted": return subject.wanted?.ssh.user.map { [.dockerGroup(user: $0)] } ?? []
        case "docker-down": return subject.machine?.startsDocker == nil ? [] : [.dockerRuns]
        default: return []
        }
    }

    private static func withAnswers(
        _ subject: ClauseSubject, _ judge: (HostAnswers) -> ClauseVerdict
    ) -> ClauseVerdict {
        switch subject.survey.answers {
        case .success(let answers): judge(answers)
        case .failure: .unknown("SSH did not get that far")
        }
    }

    /// A port of a node without running container must be free; a node that runs holds its own.
    private static func ports(_ answers: HostAnswers, _ subject: ClauseSubject) -> ClauseVerdict {
        if let verdict = otherCluster(answers, subject) { return verdict }
        // What listens may be the cluster's own nodes: only Docker can tell.
        if case .failure? = subject.survey.containers, subject.layout != nil,
            subject.nodes.contains(where: { answers.listening.contains($0.port) })
        {
            return .unknown("some of its nodes' ports are in use, and Docker, which could say by whom, did not answer")
        }
        let running = Set(
            subject.survey.seenContainers.filter { $0.state == .running || $0.state == .paused }.compactMap(\.node))
        let taken = subject.nodes.filter { !running.contains($0.id) && answers.listening.contains($0.port) }
        guard let first = taken.first else {
            return .pass(subject.nodes.map { "\($0.port)" }.joined(separator: ", "))
        }
        let nodes = taken.map { "\($0.port) (\($0.role.rawValue) \($0.id))" }.joined(separator: ", ")
        return .fail(
            "port-in-use", "something else listens on \(nodes)",
            remedy: subject.commands.line("ss -ltnp 'sport = :\(first.port)'", on: subject.survey.host, asRoot: true)
                + " shows what; "
                + "stop it, or set ports: of \(subject.survey.host)")
    }

    /// Another cluster's node has its port also while it does not run. Two clusters whose ports differ may share a host.
    private static func otherCluster(_ answers: HostAnswers, _ subject: ClauseSubject) -> ClauseVerdict? {
        let own = Set(subject.seenNodes)
        let wanted = subject.nodes.filter { !own.contains($0.id) }
        for other in answers.others {
            let shared = wanted.filter { other.ports.contains($0.port) }
            guard !shared.isEmpty else { continue }
            let nodes = shared.map { "\($0.port) (\($0.role.rawValue) \($0.id))" }.joined(separator: ", ")
            return .fail(
                "other-cluster", "it carries \(other.words), whose nodes have the ports \(nodes)",
                remedy:
                    "to go on with that cluster, write name: \(other.name) in defaults.cfg; to leave it alone, take "
                    + "\(subject.host) out of virthosts, or set other ports: of \(subject.host)")
        }
        return nil
    }

    /// The host remembers a cluster of this name: one that was made from another fleet directory.
    private static func sameName(_ layout: ClusterLayout, _ subject: ClauseSubject) -> ClauseVerdict? {
        guard let remembered = subject.survey.rememberedLayout, remembered.clusterID != layout.clusterID else {
            return nil
        }
        return .fail(
            "other-cluster",
            "it carries another cluster \(subject.look.fleet.cluster.name) (id \(remembered.clusterID), not "
                + "\(layout.clusterID))",
            remedy:
                "take \(subject.host) out of virthosts, or work on that cluster from the fleet directory that made it; "
                + "where that is lost, gantry bootstrap from a new one takes the cluster over")
    }

    private static func foreignData(_ answers: HostAnswers, _ subject: ClauseSubject) -> ClauseVerdict {
        guard let layout = subject.layout else {
            return answers.formatted.isEmpty
                ? .pass("empty")
                : .pass(
                    "\(answers.formatted.count == 1 ? "1 directory" : "\(answers.formatted.count) directories") of this cluster's name"
                )
        }
        if let verdict = sameName(layout, subject) { return verdict }
        for node in subject.nodes {
            for directory in node.dataDirectories {
                let blocker = ForeignData.blocker(answers, at: directory, node: node, clusterID: layout.clusterID)
                if let blocker { return .fail(blocker.code, blocker.reason, remedy: blocker.remedy) }
            }
        }
        return .pass("no foreign data")
    }
}
