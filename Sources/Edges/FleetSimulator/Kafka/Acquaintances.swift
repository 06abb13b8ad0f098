public import FleetModel

/// Where nodes ask for the active controller: at the addresses that `controller.quorum.bootstrap.servers` named when their
/// processes started, and nowhere else, however the quorum has changed since (KIP-853). Voters tell each other.
extension SimulatedKafka {
    private static let setting = "controller.quorum.bootstrap.servers"

    /// The addresses at which somebody can name the active controller.
    private var informed: Set<String> {
        let running = controllers.filter { $0.answers && $0.follows }
        var informed = Set(running.filter { isVoter($0) }.map(\.endpoint.description))
        // One that votes no more knows what those tell it whom it asks.
        var others = running.filter { !isVoter($0) }
        while let place = others.firstIndex(where: { Self.finds($0.acquaintances, informed) }) {
            informed.insert(others.remove(at: place).endpoint.description)
        }
        return informed
    }

    private static func finds(_ acquaintances: [String]?, _ informed: Set<String>) -> Bool {
        acquaintances.map { !informed.isDisjoint(with: $0) } ?? true
    }

    /// Whether a broker that does not know the active controller yet finds it.
    func findsController(_ broker: Broker) -> Bool { Self.finds(broker.acquaintances, informed) }

    /// Sees which brokers have found the controller that was just elected. One that has not sends no heartbeat any more.
    mutating func reviewAcquaintances() {
        guard quorum.leader != nil else { return }
        let informed = informed
        for slot in brokers.indices where brokers[slot].process == .running {
            let finds = Self.finds(brokers[slot].acquaintances, informed)
            guard finds == (brokers[slot].adriftSince != nil) else { continue }
            brokers[slot].adriftSince = finds ? nil : now
            if finds { regainSession(at: slot) } else { loseSession(at: slot) }
        }
    }

    /// DescribeConfigs of a broker, of what its process read from its properties.
    public func settingsAtStart(_ names: [String], of id: NodeID) -> Known<[Setting]> {
        guard let slot = slots[id.rawValue], brokers[slot].answers else {
            return .unknown(reason: "broker \(id) does not answer")
        }
        guard names.contains(Self.setting), let addresses = brokers[slot].acquaintances else { return .known([]) }
        let value = addresses.joined(separator: ",")
        return .known([Setting(name: Self.setting, value: value, source: .properties, isReadOnly: true)])
    }
}

extension SimulatedNode {
    /// Where its process asks for the active controller; nil where its properties do not say.
    var acquaintances: [String]? {
        settings["controller.quorum.bootstrap.servers"]?.split(separator: ",").map(String.init)
    }
}
