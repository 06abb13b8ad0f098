import FleetModel
import Observation
import OperationModel

/// Watches the containers of nodes that are starting, so that one that dies is said at once and not by a time-out.
struct NodeWatch {
    /// Lines of a dead container's log that its failure carries (PRODUCT.md section 3).
    static let evidenceLines = 30
    /// Between two looks: short beside a JVM's start, long beside the cost of a look.
    static let interval: Duration = .milliseconds(400)

    private let nodes: [NodePlacement]
    private let context: StepContext
    private var restarts: [NodeID: Int] = [:]

    init(_ nodes: [NodePlacement], _ context: StepContext) {
        self.nodes = nodes
        self.context = context
    }

    /// Looks once at the containers on all hosts of the nodes; throws for the first that died since the first look.
    mutating func look() async throws(StepFailure) {
        for host in Set(nodes.map(\.host)).sorted() {
            let seen: [ContainerObservation]
            do {
                seen = try await context.world.containerSource.containers(on: host).containers
            } catch {
                throw context.failure(error, what: "looking at containers", object: "host \(host)")
            }
            for node in nodes where node.host == host {
                guard let container = seen.first(where: { $0.node == node.id }) else { continue }
                let before = restarts[node.id] ?? container.restarts
                restarts[node.id] = before
                if container.state != .running && container.state != .created || container.restarts > before {
                    throw await death(of: node, container)
                }
            }
        }
    }

    private func death(of node: NodePlacement, _ container: ContainerObservation) async -> StepFailure {
        let end = try? await context.world.containers.lastEnd(
            of: container, lines: Self.evidenceLines, on: node.host)
        let code = (end?.exitCode ?? container.exitCode).map { "exit code \($0)" } ?? "an exit code that Docker forgot"
        let how =
            container.startError.map { "could not be started by Docker: \($0)" }
            ?? (container.oomKilled ? "was killed for memory" : "ended with \(code)")
        return StepFailure(
            code: "node-died", what: "starting", object: "\(node.role.rawValue) \(node.id) on \(node.host)",
            reason: "its container \(how) (now \(container.state), after \(counted(container.restarts, "restart")))",
            remedy: "mend what its last lines say; after a change of defaults.cfg or k/: gantry restart --changed (or "
                + "gantry bootstrap, where the cluster has never run); else gantry operation resume",
            // Of one that was not started they are of the run before.
            evidence: container.startError == nil ? end?.output ?? [] : [])
    }
}
