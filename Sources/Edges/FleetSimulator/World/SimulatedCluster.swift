public import FleetModel
public import Observation

extension SimulatedFleet: ClusterSource {
    /// What the nodes of `layout` that answer would say.
    public func observe(
        _ layout: ClusterLayout, detail: ObservationDetail
    ) async -> Known<ClusterObservation> {
        await wait(.milliseconds(5))
        let now = clock.now()
        do throws(SimulationProblem) {
            return try await world(.look) { $0.kafka.observation(of: layout, detail: detail, at: now) }
        } catch { return .unknown(reason: "\(error)") }
    }

    /// Sends a record to the broker and fetches it back.
    public func canary(_ broker: NodeID, layout: ClusterLayout) async -> CanaryResult {
        let result: CanaryResult
        do throws(SimulationProblem) {
            // Only its first record changes the cluster: it makes the topic.
            let isThere = try await world(.look) { $0.kafka.topicIndex[CanaryTopic.name(of: broker)] != nil }
            result = try await world(isThere ? .look : .change) { $0.kafka.canary(broker) }
        } catch { return .failed(reason: "\(error)") }
        if case .ok(let produce, let fetch) = result { await wait(produce + fetch) }
        return result
    }
}

extension SimulatedKafka {
    /// What brokers know is asked of brokers, and what only the controllers know of those; what nobody of `layout` can
    /// tell is unknown.
    func observation(
        of layout: ClusterLayout, detail: ObservationDetail, at wall: Timestamp
    ) -> Known<ClusterObservation> {
        let hasBroker = layout.brokers.contains { answers($0.id) }
        let hasController = layout.controllers.contains { answers($0.id) }
        guard let clusterID, hasBroker || hasController else {
            return .unknown(reason: "no broker answers, and no controller")
        }
        let isMinimal = detail == .minimal
        let asked: Known<Void> = isMinimal ? .unknown(reason: "not asked") : .known(())
        let quorum: Known<QuorumObservation> =
            activeController == nil
            ? .unknown(reason: "no controller is active") : .known(quorumObservation(at: wall))
        let brokers = registeredBrokers().map { broker in
            var broker = broker
            // A node that was started without properties is where the layout has it.
            if broker.endpoint.port == 0, let place = layout.node(broker.id) { broker.endpoint = place.endpoint }
            return broker
        }
        var observation = ClusterObservation(
            clusterID: clusterID, controller: activeController,
            brokers: hasBroker ? .known(brokers) : .unknown(reason: "no broker answers"), quorum: quorum,
            registeredControllers: hasController
                ? .known(registeredControllers) : .unknown(reason: "no controller answers"),
            partitions: .unknown(reason: "no broker answers"),
            reassignments: .unknown(reason: "no controller is active")
        )
        if isMinimal { observation.partitions = asked.map { PartitionTable() } }
        if isMinimal || activeController != nil { observation.reassignments = asked.map { reassignments() } }
        guard hasBroker, !isMinimal else { return .known(observation) }
        observation.partitions = .known(partitionTable(sizes: detail.logDirectories))
        observation.markAdding()
        if detail.configuration { observation.throttles = .known(throttles()) }
        if detail.logDirectories {
            observation.logDirectories = brokers.filter { !$0.fenced }.map { broker in
                BrokerLogDirectories(
                    broker: broker.id,
                    directories: logDirectories(of: broker.id, partitions: nil).map { $0.map { $0.0 } })
            }
        }
        return .known(observation)
    }
}
