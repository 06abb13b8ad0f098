import FleetModel
import FleetRuntime
import PlacementPlanning

extension PlacementInput {
    /// The placement of the cluster that `status` looked at.
    /// - Throws: why it can't be planned on.
    init(observed status: ClusterStatus) throws(PlanningRefusal) {
        try self.init(observed: status.snapshot, layout: status.layout, fleet: status.fleet)
    }
}
