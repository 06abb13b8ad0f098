public import FleetModel
public import Observation

extension SimulatedFleet: ClusterSource {
    /// What the nodes that run would say.
    public func observe(
        _ layout: ClusterLayout, detail: ObservationDetail
    ) async -> Known<ClusterObservation> {
        await wait(.milliseconds(5))
        let running: [SimulatedContainer]
        do throws(SimulationProblem) {
            running = try await world(.look) { state in
                state.hosts.values.flatMap(\.containers.values).filter { state.kafka.answers($0.node) }
            }
        } catch { return .unknown(reason: "\(error)") }
        let controllers = layout.controllers.filter { node in running.contains { $0.node == node.id } }
        let brokers = layout.brokers.filter { node in running.contains { $0.node == node.id } }
        guard let clusterID = running.compactMap(\.clusterID).first, !(controllers + brokers).isEmpty else {
            return .unknown(reason: "no node answers")
        }
        let hasMajority = controllers.count > layout.controllers.count / 2
        let leader = hasMajority ? controllers.first?.id : nil
        let quorum = QuorumObservation(
            leader: leader, leaderEpoch: 1,
            voters: layout.controllers.map { node in
                QuorumMember(
                    id: node.id, directoryID: node.directoryID, lag: 0, lastCaughtUp: nil,
                    lastFetch: controllers.contains { $0.id == node.id } ? clock.now() : nil)
            }, observers: [])
        return .known(
            ClusterObservation(
                clusterID: clusterID, controller: leader,
                brokers: .known(
                    brokers.map { RegisteredBroker(id: $0.id, endpoint: $0.endpoint, rack: nil, fenced: !hasMajority) }),
                quorum: hasMajority ? .known(quorum) : .unknown(reason: "no majority of the controllers answers"),
                registeredControllers: .known(layout.controllers.map(\.id)), partitions: .known(PartitionTable()),
                reassignments: .known([])))
    }

    /// Succeeds where the broker serves.
    public func canary(_ broker: NodeID, layout: ClusterLayout) async -> CanaryResult {
        await wait(.milliseconds(10))
        let serves = await observe(layout, detail: .minimal).value?.broker(broker)?.fenced == false
        return serves
            ? .ok(produce: .milliseconds(8), fetch: .milliseconds(3))
            : .failed(reason: "broker \(broker) does not answer")
    }
}
