public import FleetModel
public import Observation

/// Looks at what hosts are beyond Kafka, and changes it.
public protocol HostPreparation: Sendable {
    /// What the techhost is.
    /// - Parameters:
    ///   - state: the state directory, whether it exists or not.
    ///   - hosts: whose names are looked up there.
    /// - Returns: what could be found out.
    /// - Throws: `HostProblem` when its own scripts can't be run there.
    func techhost(state: String, looksUp hosts: [HostName]) async throws(HostProblem) -> TechhostFacts

    /// Lets `host` look at the others: names, ports, the way of large packets. Takes no longer than the question's patience
    /// and a look-up.
    func lookAtPeers(_ question: PeerQuestion, from host: HostName) async throws(HostProblem) -> PeerAnswers

    /// Lets `host` send to `peer` for two seconds as fast as it can.
    /// - Returns: what came there a second.
    func bandwidth(from host: HostName, to peer: HostName) async throws(HostProblem) -> BytesPerSecond

    /// Whether a change is there already. Changes nothing.
    func holds(_ change: HostChange, on host: HostName) async throws(HostProblem) -> Bool

    /// Makes a change; it may be there already, or half. `progress` is told what is being done, a few times a second at most.
    func make(
        _ change: HostChange, on host: HostName, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem)

    /// Takes a change back, where that is safe; a change of which nothing is there counts as taken back.
    func undo(_ change: HostChange, on host: HostName) async throws(HostProblem)
}
