public import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Formats the directories of a new node with Kafka's own tool, in a container of its own. A directory that has a
/// `meta.properties` is never formatted, and neither is a node that has run: formatting an existing voter loses committed
/// metadata (KIP-853), and a broker what only it has.
public struct FormatNode: NodeStep {
    /// Names the type in plans.
    public static let kind = "format"
    /// The node.
    public var node: NodePlacement
    /// The cluster's name.
    public var cluster: ClusterName
    /// The cluster's id.
    public var clusterID: ClusterID
    /// The image that holds the tool.
    public var image: String
    /// Who the node's process runs as, and owns its directories: `0:0`.
    public var user: String
    /// `--initial-controllers` for a member of the first quorum; nil: `--no-initial-controllers`.
    public var initialControllers: String?

    /// Formats `node`.
    public init(
        node: NodePlacement, cluster: ClusterName, clusterID: ClusterID, image: String, user: String,
        initialControllers: String?
    ) {
        self.node = node
        self.cluster = cluster
        self.clusterID = clusterID
        self.image = image
        self.user = user
        self.initialControllers = initialControllers
    }

    /// One line for people.
    public var title: String { "format \(subject) on \(node.host)" }

    private var container: String { ContainerName.formatter(of: node, cluster: cluster) }

    /// Whether every directory carries this node's identity, and no container is left of a worker that was killed at it. A
    /// directory of another node or cluster is a failure.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard try await unformatted(context).isEmpty else { return .needed }
        // What Docker does not tell now is for the steps that need it.
        let isLeft = (try? await context.world.containers.hasOneOff(container, on: node.host)) ?? false
        return isLeft ? .needed : .satisfied(nil)
    }

    /// The directories without an identity.
    private func unformatted(_ context: StepContext) async throws(StepFailure) -> [String] {
        let answers: HostAnswers
        do {
            answers = try await node.directories(of: cluster, from: context.world.hosts)
        } catch {
            throw context.failure(error, what: "reading meta.properties", object: subject)
        }
        for directory in node.dataDirectories {
            if let blocker = ForeignData.blocker(answers, at: directory, node: node, clusterID: clusterID) {
                throw StepFailure(
                    code: blocker.code, what: "formatting", object: subject, reason: blocker.reason,
                    remedy: blocker.remedy)
            }
        }
        return answers.unformatted(node)
    }

    /// Removes the container of a worker that was killed while it formatted.
    /// - Returns: whether there was one.
    private func clear(_ context: StepContext) async throws(StepFailure) -> Bool {
        do throws(HostProblem) {
            guard try await context.world.containers.hasOneOff(container, on: node.host) else { return false }
            try await context.world.containers.removeOneOff(container, on: node.host)
            return true
        } catch {
            throw context.failure(error, what: "removing \(container)", object: "\(subject) on \(node.host)")
        }
    }

    /// Leaves no container behind; a host that does not answer keeps nobody from giving up.
    public func abandon(_ context: StepContext) async throws(StepFailure) -> String? {
        (try? await clear(context)) == true ? "\(container) was removed from \(node.host)" : nil
    }

    /// Makes the directories and runs `kafka-storage.sh format` over them, once nothing is left of an earlier run.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        if try await clear(context), try await unformatted(context).isEmpty {
            return "\(container) was left and is removed"
        }
        // It is made after the format only: what has one has run, and its disk is not there.
        if try await node.container(context) != nil {
            let blocker = LostDirectories.blocker(node, lacking: try await unformatted(context))
            throw StepFailure(
                code: blocker.code, what: "formatting", object: blocker.object, reason: blocker.reason,
                remedy: blocker.remedy)
        }
        let properties = OnHostPath.properties(of: node.id, cluster: cluster)
        var command = [InImagePath.storage, "format", "-t", clusterID.rawValue, "-c", properties, "-g"]
        if let initialControllers {
            command += ["--initial-controllers", initialControllers]
        } else {
            command.append("--no-initial-controllers")
        }
        let result: OneOffResult
        do {
            try await context.world.hosts.makeDirectories(node.dataDirectories, owner: user, on: node.host)
            result = try await context.world.containers.runOnce(
                OneOffRun(
                    name: container, image: image, command: command,
                    mounts: node.dataDirectories + [OnHostPath.directory(of: cluster)], user: user,
                    environment: ["KAFKA_HEAP_OPTS=-Xmx256m"]), on: node.host)
        } catch {
            throw context.failure(error, what: "formatting", object: "\(subject) on \(node.host)")
        }
        guard result.exitCode == 0 else {
            let killed = result.exitCode == 137
            throw StepFailure(
                code: "format-failed", what: "formatting", object: "\(subject) on \(node.host)",
                reason: "kafka-storage.sh ended with exit code \(result.exitCode)"
                    + (killed ? ", killed, most likely for want of memory" : ""),
                remedy: killed
                    ? "see what memory \(node.host) has free (it takes 256 MiB and more); then gantry operation resume"
                    : "read the lines above; the settings come from defaults.cfg (kafka:)", evidence: result.output)
        }
        return nil
    }
}

/// What a directory with somebody else's identity means.
enum ForeignData {
    /// The blocker, when what is at `directory` is not `node`'s in this cluster; nil when it is, or nothing is there.
    static func blocker(
        _ answers: HostAnswers, at directory: String, node: NodePlacement, clusterID: ClusterID
    ) -> Blocker? {
        let reason: String
        if let (path, obstacle) = answers.obstacles.sorted(by: { $0.key < $1.key }).first(where: { path, _ in
            directory == path || directory.hasPrefix(path + "/")
        }) {
            reason = "\(path) on \(node.host) can't hold \(node.role.rawValue) \(node.id): \(obstacle)"
            return Blocker(
                code: "foreign-data", object: "host \(node.host)", reason: reason,
                remedy: "move it away, or name another directory in data: of \(node.host)")
        }
        guard let found = answers.formatted[directory] else { return nil }
        if found.clusterID != clusterID {
            reason = "\(directory) on \(node.host) belongs to cluster \(found.clusterID?.rawValue ?? "(unreadable)")"
        } else if found.nodeID != node.id {
            reason = "\(directory) on \(node.host) belongs to node \(found.nodeID?.description ?? "(unreadable)")"
        } else if let wanted = node.directoryID, let has = found.directoryID, wanted != has {
            reason = "\(directory) on \(node.host) has directory id \(has), and the quorum expects \(wanted)"
        } else {
            return nil
        }
        return Blocker(
            code: "foreign-data", object: "host \(node.host)", reason: reason,
            remedy:
                "where nothing uses it any more, move that directory away; else name another one in data: of \(node.host)"
        )
    }
}
