public import FleetConfiguration
import FleetModel
public import FleetSimulator
import Observation
import OperationModel
import Operations
import PlacementPlanning

extension FleetSession {
    /// One that hangs is ended after so much virtual time, and after so many times what copying takes.
    private static let longestRehearsal: Duration = .seconds(86_400)
    private static let mostMakespans = 10
    /// Where data moves in some hours of the day alone.
    private static let daysWithHours = 30

    /// Tries an operation on a copy of the fleet as it is now. Nothing of the fleet is changed, and nothing is journaled.
    /// - Parameters:
    ///   - preparation: the operation, with its plan.
    ///   - hasHours: whether it moves data in some hours of the day alone.
    ///   - directory: the fleet directory.
    /// - Returns: how it went; nil where there is nothing to do.
    /// - Throws: `StoreError` of the journal; `SimulationProblem` where too little of the fleet was seen.
    public func rehearse(
        _ preparation: MovePreparation, hasHours: Bool, directory: FleetDirectory
    ) async throws -> RehearsalResult? {
        guard let plan = preparation.plan else { return nil }
        let status = try await status(canary: false, directory: directory)
        guard let layout = status.layout else { return nil }
        let makespan = preparation.moves.reduce(Duration.zero) { $0 + $1.report.makespan }
        let limit = Self.longestRehearsal * (hasHours ? Self.daysWithHours : 1)
        let observed = ObservedFleet(
            specification: fleet, layout: layout, snapshot: status.snapshot,
            files: await placedFiles(layout, status.snapshot))
        let rehearsal = try Rehearsal(
            plan, on: observed, memory: try operationMemory(layout), limit: max(limit, makespan * Self.mostMakespans))
        return try await withTaskCancellationHandler {
            try rehearsal.run()
        } onCancel: {
            rehearsal.cancel()
        }
    }

    /// What the journal tells operations, or would once it were written.
    private func operationMemory(_ layout: ClusterLayout) throws -> [String: String] {
        [
            LayoutMemory.key(of: fleet.cluster.name): try LayoutMemory.text(layout),
            RetiredMemory.key(of: fleet.cluster.name): try retired().text(),
        ]
    }

    /// The cluster's files on all hosts that answer. What can't be read is made up from the layout.
    private func placedFiles(_ layout: ClusterLayout, _ snapshot: Snapshot) async -> [HostName: [FileToPlace]] {
        let hosts = snapshot.hosts.filter { $0.state.reason == nil }.map(\.host)
        let name = fleet.cluster.name
        let control = ports.hostControl
        let found = await mapBounded(hosts, width: Observer.width) { host -> (HostName, [FileToPlace]) in
            let paths =
                [OnHostPath.composeFile(of: name), OnHostPath.layout(of: name), OnHostPath.retired(of: name)]
                + layout.nodes(on: host).map { OnHostPath.properties(of: $0.id, cluster: name) }
            var files: [FileToPlace] = []
            for path in paths {
                guard let contents = try? await control.contents(of: path, on: host) else { continue }
                files.append(FileToPlace(path: path, contents: contents))
            }
            return (host, files)
        }
        return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
}
