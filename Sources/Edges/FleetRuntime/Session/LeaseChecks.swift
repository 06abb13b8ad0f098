import FleetModel
public import HealthRules
public import OperationModel
import Operations

extension FleetSession {
    /// Every host that an operation may touch: those of its steps, of the cluster, and of `virthosts`.
    func touchedHosts(_ plan: OperationPlan) throws(StoreError) -> [HostName] {
        let hosts =
            plan.steps.compactMap(\.host) + fleet.hosts.map(\.host) + (try storedLayout()?.nodes.map(\.host) ?? [])
        return Set(hosts).sorted()
    }

    func hostLeases(_ hosts: [HostName]) -> HostLeases {
        HostLeases(
            cluster: fleet.cluster.name, hosts: hosts, control: ports.hostControl, clock: clock, isAlive: \.isAlive)
    }

    /// What other operations hold on the hosts that `plan` touches, as the hosts themselves tell. A lease that was left behind
    /// and that `accepted` names is removed.
    /// - Throws: `StoreError` of the journal.
    public func leaseBlockers(
        _ plan: OperationPlan, own: OperationID? = nil, accepted: [Acceptance]
    ) async throws(StoreError) -> [Blocker] {
        await hostLeases(try touchedHosts(plan)).blockers(for: try Holder.current(), own: own, accepted: accepted)
    }
}
