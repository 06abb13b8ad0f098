import FleetModel
import Observation
public import OperationModel

extension FleetSession {
    /// The state that a plan is made from, or is applied to.
    /// - Throws: `StoreError` of the journal; `StepFailure` where a part of it can't be seen.
    public func plannedState() async throws -> PlannedState {
        let layout = try await layout()
        guard let nodes = layout.value else { throw Self.unseen(layout.reason ?? "nobody knows its nodes") }
        let seen = await ports.cluster.observe(nodes, detail: .listing)
        guard let cluster = seen.value, let state = PlannedState(cluster, layout: nodes) else {
            throw Self.unseen(
                seen.reason ?? seen.value?.partitions.reason ?? seen.value?.brokers.reason ?? "it does not answer")
        }
        return state
    }

    private static func unseen(_ reason: String) -> StepFailure {
        StepFailure(
            code: "cluster-unreachable", what: "looking at what the plan is made from", object: "the cluster",
            reason: reason, remedy: "gantry clusterstatus")
    }
}
