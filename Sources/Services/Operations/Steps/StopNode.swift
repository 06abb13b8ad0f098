public import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Stops a node with its full grace. A broker only when it holds nothing, looked at again right before.
public struct StopNode: NodeStep {
    /// Names the type in plans.
    public static let kind = "stop-node"
    /// A controlled shutdown takes up to five minutes; what is killed before starts with a recovery (KAFKA.md section 9).
    public static let grace: Duration = .seconds(330)
    /// The node.
    public var node: NodePlacement
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Stops `node`.
    public init(node: NodePlacement, layout: ClusterLayout) { (self.node, self.layout) = (node, layout) }

    /// One line for people.
    public var title: String { "stop \(subject) on \(node.host)" }

    /// Whether no process of it runs.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard let container = try await node.container(context) else { return .satisfied("it has no container") }
        return container.isAlive ? .needed : .satisfied(container.exitCode.map { "exit code \($0)" })
    }

    /// Stops it and says how it ended.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        guard let container = try await node.container(context) else { return "it has no container" }
        // Another broker of the same drain may be gone already: then its data can't be moved by the same step again.
        let remedy =
            "gantry operation resume drains what is left; where it fails like this again: gantry operation abort, "
            + "then the same command, which plans what is there now"
        if node.role == .broker,
            let held = try await BrokerContents.look([node.id], dead: [], layout: layout, context)
        {
            throw StepFailure(
                code: StepFailure.notEmpty, what: title, object: subject, reason: held.words, remedy: remedy)
        }
        if node.role == .controller { try await awaitBrokersElsewhere(context) }
        return try await node.stop(container, title: title, context)
    }

    /// How long brokers may take to follow the quorum's leader: they ask twice a second.
    private static let patience: Duration = .seconds(60)

    /// A broker that still asks a controller which left the quorum finds no other once that one is gone: the addresses
    /// that it began with may all be of controllers from before.
    private func awaitBrokersElsewhere(_ context: StepContext) async throws(StepFailure) {
        let rest = ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { $0.id != node.id })
        let start = context.world.clock.uptime()
        while true {
            let seen = await context.world.cluster.observe(rest, detail: .minimal)
            var reason = seen.reason ?? "the quorum does not say who follows it"
            if let quorum = seen.value?.quorum.value, let brokers = seen.value?.brokers.value {
                let behind = brokers.filter { broker in
                    !broker.fenced
                        && !quorum.observers.contains { $0.id == broker.id && quorum.isFollowing($0) }
                }
                if behind.isEmpty { return }
                reason = "brokers \(behind.map(\.id.description).joined(separator: ", ")) do not follow its leader yet"
            }
            guard context.world.clock.uptime() - start < Self.patience else {
                throw StepFailure(
                    code: "brokers-behind", what: title, object: subject, reason: reason,
                    remedy: "gantry clusterstatus; restart a broker that stays behind, then gantry operation resume")
            }
            try await pause(context)
        }
    }

    /// Starts it again where its container is still there: an operation that is given up stops no broker for good.
    public func abandon(_ context: StepContext) async throws(StepFailure) -> String? {
        try await node.startAgain(context)
    }
}

extension NodePlacement {
    /// The node's container on its host; nil where there is none.
    func container(_ context: StepContext) async throws(StepFailure) -> ContainerObservation? {
        do {
            return try await context.world.containerSource.containers(on: host).containers.first { $0.node == id }
        } catch {
            throw context.failure(error, what: "looking at containers", object: "host \(host)")
        }
    }

    /// Stops its container with full grace.
    /// - Returns: how it ended, in words.
    func stop(
        _ container: ContainerObservation, title: String, _ context: StepContext
    ) async throws(StepFailure) -> String? {
        let subject = "\(role.rawValue) \(id)"
        let start = context.world.clock.uptime()
        do {
            try await context.world.containers.stop(container, grace: StopNode.grace, on: host)
        } catch {
            throw context.failure(error, what: title, object: subject)
        }
        let after = try await self.container(context)
        if let after, after.isAlive {
            throw StepFailure(
                code: "node-runs", what: title, object: "\(subject) on \(host)",
                reason: "Docker stopped it, and it is \(after.state) again",
                remedy: "see who starts it: ssh \(host) docker inspect \(after.name); then gantry operation resume")
        }
        switch after?.exitCode {
        case 143, 0: return "clean, exit code \(after?.exitCode ?? 0)"
        case 137:
            let hadItsGrace = context.world.clock.uptime() - start >= StopNode.grace
            return
                (hadItsGrace
                ? "it did not leave its shutdown within \(StopNode.grace.components.seconds) s and was killed"
                : "something else killed it while it was being stopped")
                + ", exit code 137: not a clean stop; why, its log says: docker logs \(container.name) on \(host)"
        case let code?: return "exit code \(code)"
        case nil: return nil
        }
    }

    /// Starts it again where its container is still there and does not run; nil where it does.
    func startAgain(_ context: StepContext) async throws(StepFailure) -> String? {
        let subject = "\(role.rawValue) \(id)"
        guard let container = try await container(context), !container.isAlive else { return nil }
        do {
            try await context.world.containers.start(
                [ContainerName.service(of: self)], of: context.cluster, on: host)
        } catch {
            throw context.failure(error, what: "starting it again", object: subject)
        }
        return "\(subject) was started again"
    }
}
