public import FleetModel
import Observation
public import OperationModel

/// Starts nodes of one host through its Compose file. Containers that run are never touched.
public struct StartNodes: HostStep {
    /// Names the type in plans.
    public static let kind = "start-nodes"
    /// The host.
    public var target: HostName
    /// The cluster.
    public var cluster: ClusterName
    /// The role of the nodes, part of the step's name.
    public var role: NodeRole
    /// The nodes.
    public var nodes: [NodePlacement]
    /// Those that die again and again with settings that have changed since: made anew, also while they just run.
    public var anew: [NodeID]?

    /// Starts `nodes`, all of `role` and on `target`.
    public init(
        target: HostName, cluster: ClusterName, role: NodeRole, nodes: [NodePlacement], anew: [NodeID]? = nil
    ) {
        self.anew = anew
        self.target = target
        self.cluster = cluster
        self.role = role
        self.nodes = nodes
    }

    /// Role and host.
    public var object: String { "\(role.rawValue)s/\(target)" }
    /// One line for people.
    public var title: String {
        "start \(role.rawValue)\(nodes.count == 1 ? "" : "s") \(nodes.map(\.id.description).joined(separator: ", "))"
            + " on \(target)"
    }

    /// Whether every container runs.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        try await notRunning(context).isEmpty ? .satisfied(nil) : .needed
    }

    /// Starts them and looks whether their containers are there; whether they stay is for the steps that wait.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = try await notRunning(context)
        do {
            // One between two attempts would read mended files only after Docker's next pause, and Compose leaves it be.
            for container in try await containers(context)
            where [.restarting, .running].contains(container.state)
                && start.contains(where: { $0.id == container.node })
            {
                try await context.world.containers.stop(container, grace: Self.loopGrace, on: target)
            }
            try await context.world.containers.start(
                start.map { ContainerName.service(of: $0) }, of: cluster, on: target)
        } catch {
            throw (error as? HostProblem).map { context.failure($0, what: title, object: subject) }
                ?? (error as? StepFailure)
                ?? StepFailure(
                    code: "start-failed", what: title, object: subject, reason: "\(error)",
                    remedy: "gantry clusterstatus")
        }
        let seen = try await containers(context)
        if let missing = start.first(where: { node in !seen.contains { $0.node == node.id } }) {
            throw StepFailure(
                code: "container-missing", what: title, object: subject,
                reason: "Compose ended well, and there is no container of \(missing.role.rawValue) \(missing.id)",
                remedy: context.world.commands.line(
                    "cd \(OnHostPath.directory(of: cluster)) && docker compose config", on: target)
                    + " shows the file")
        }
        return nil
    }

    /// A process that may have come up again in this moment has nothing to save yet.
    private static let loopGrace: Duration = .seconds(30)

    private func notRunning(_ context: StepContext) async throws(StepFailure) -> [NodePlacement] {
        let seen = try await containers(context)
        let now = context.world.clock.now()
        return nodes.filter { node in
            !seen.contains {
                $0.node == node.id && $0.state == .running
                    && !(anew?.contains(node.id) == true && $0.isCrashLooping(at: now))
            }
        }
    }

    private func containers(_ context: StepContext) async throws(StepFailure) -> [ContainerObservation] {
        do {
            return try await context.world.containerSource.containers(on: target).containers
        } catch {
            throw context.failure(error, what: "looking at containers", object: subject)
        }
    }
}
