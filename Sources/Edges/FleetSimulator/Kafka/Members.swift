public import FleetModel

extension SimulatedKafka {
    /// UnregisterBroker: no check of any kind. A broker that runs lives on as a zombie.
    /// - Returns: `brokerIDNotRegistered` (102) where there is no such registration.
    public mutating func unregister(_ id: NodeID) -> KafkaCode {
        guard let slot = slots[id.rawValue], brokers[slot].isRegistered else { return .brokerIDNotRegistered }
        for replica in brokers[slot].replicas {
            let index = Int(replica.partition)
            endCopy(index, to: id.rawValue)
            leaveISR(index, id.rawValue, unclean: true)
        }
        brokers[slot].isRegistered = false
        brokers[slot].isFenced = true
        brokers[slot].session += 1
        brokers[slot].sessionEnds = .never
        brokers[slot].blockedUntil = .start
        brokers[slot].wasUnclean = false
        brokers[slot].isZombie = brokers[slot].process == .running || brokers[slot].process == .stopping
        return .none
    }

    /// The registrations, fenced ones too, by id.
    public func registeredBrokers() -> [RegisteredBroker] {
        brokers.filter(\.isRegistered).compactMap { broker in
            NodeID(rawValue: broker.id).map {
                RegisteredBroker(id: $0, endpoint: broker.endpoint, rack: broker.rack, fenced: broker.isFenced)
            }
        }.sorted { $0.id < $1.id }
    }

    /// Whether the node's process answers requests of its clients: its port opens when it may serve.
    public func answers(_ id: NodeID) -> Bool {
        if let slot = slots[id.rawValue] { return brokers[slot].answers }
        return controllers.contains { $0.id == id.rawValue && $0.answers && $0.follows }
    }
}
