import FleetConfiguration
import FleetModel
import FleetRuntime

/// A command whose whole work is one operation that is planned before it begins: such a one can be rehearsed.
protocol PlannedOperation: Command {
    /// As people name it: `removebroker 6`.
    var line: String { get }
    /// What it may be told of moving data.
    var moves: MoveArguments { get }

    /// Looks at the cluster and plans; changes nothing.
    func prepare(_ session: FleetSession, _ configuration: FleetConfiguration) async throws -> MovePreparation
}

extension PlannedOperation {
    /// The request, with the arguments as they are journaled.
    func request(_ words: [String], _ configuration: FleetConfiguration) -> MoveRequest {
        moves.request(words, canary: moves.changes.usesCanary && configuration.specification.move.canary)
    }
}

extension CommandContext {
    /// Prepares, refuses or shows, asks, starts: see `move`.
    func carryOut(_ operation: some PlannedOperation, question: (ClusterName) -> String) async throws -> ExitStatus {
        try await move(operation.line, operation.moves.changes, question: question) {
            try await operation.prepare($0, $1)
        }
    }
}
