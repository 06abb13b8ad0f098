import FleetModel

extension FleetState {
    /// Makes the topics of a load, as far as they are not there yet.
    /// - Returns: how many topics were made.
    /// - Throws: `SimulationProblem` with code `unknownFault` when Kafka would refuse the first of them.
    public mutating func give(
        _ load: SimulatedLoad, replicationFactor: Int?
    ) throws(SimulationProblem) -> Int {
        var load = load
        let brokers = kafka.registeredBrokers().filter { !$0.fenced }.count
        load.replicationFactor = replicationFactor ?? min(3, brokers)
        guard brokers > 0, kafka.activeController != nil else {
            throw SimulationProblem(
                .unknownFault, what: "making topics", object: "the cluster", reason: "no broker serves",
                remedy: "gantry bootstrap makes the cluster, gantry clusterstatus tells what it lacks")
        }
        let answers = kafka.createTopics(load)
        let made = answers.filter { $0.code == .none }.count
        if made == 0, let refusal = answers.first(where: { $0.code != .topicAlreadyExists }) {
            throw SimulationProblem(
                .unknownFault, what: "making topics", object: "topic \(refusal.subject)",
                reason: refusal.message ?? "Kafka's code is \(refusal.code.rawValue)",
                remedy: "ask for fewer replicas or partitions")
        }
        return made
    }
}
