public import FleetModel
public import Observation
import Operations

/// Hosts, containers and a cluster that exist in a value alone, behind the same ports as the real ones: no other code
/// knows which of them it talks to.
///
/// Every port is one transaction on the state, or two with time between: an effect is had at the end of the time that it
/// takes, so that one that is cut off meanwhile is not had. Tests read in `effects` that nothing was done twice.
public final class SimulatedFleet: Sendable {
    let keeper: any FleetStateKeeper
    let clock: any FleetClock
    /// The cluster's name.
    let cluster: ClusterName

    /// The fleet that `keeper` keeps, under `clock`.
    public init(cluster: ClusterName, keeper: any FleetStateKeeper, clock: any FleetClock) {
        self.cluster = cluster
        self.keeper = keeper
        self.clock = clock
    }

    /// A fleet of `hosts` in memory, empty: no files, no image, no container.
    public convenience init(cluster: ClusterName, hosts: [HostName], time: VirtualTime) {
        var state = FleetState()
        state.admit(hosts)
        self.init(cluster: cluster, keeper: MemoryKeeper(state, uptime: { time.uptime() }), clock: time)
    }

    /// Every effect so far, in order: `format 1`, `create orders-broker-1`. Only of a fleet in memory.
    public var effects: [String] { withState(\.effects) }

    /// Looks at the state, or damages it. Only of a fleet in memory: tests have no other.
    public func withState<Result: Sendable>(_ body: (inout FleetState) -> Result) -> Result {
        guard let memory = keeper as? MemoryKeeper else { preconditionFailure("this fleet is not kept in memory") }
        return memory.withState(body)
    }

    /// Calls `body` with the state: see `FleetStateKeeper`.
    func world<Result: Sendable>(
        _ access: StateAccess, _ body: (inout FleetState) -> Result
    ) async throws(SimulationProblem) -> Result {
        try await keeper.withState(access, body)
    }

    /// Calls `body` with a host that answers.
    func withHost<Result: Sendable>(
        _ host: HostName, _ access: StateAccess,
        _ body: (inout SimulatedHost, inout FleetState) throws(HostProblem) -> Result
    ) async throws(HostProblem) -> Result {
        let outcome: Swift.Result<Result, HostProblem>
        do throws(SimulationProblem) {
            outcome = try await world(access) { state in
                guard var found = state.hosts[host], found.isReachable else {
                    return .failure(
                        HostProblem(
                            code: "ssh-timed-out", unreachable: true, reason: "\(host) does not answer",
                            remedy: "see that it runs and that its network works"))
                }
                defer { if access == .change { state.hosts[host] = found } }
                do throws(HostProblem) { return .success(try body(&found, &state)) } catch { return .failure(error) }
            }
        } catch {
            throw HostProblem(
                code: error.code.rawValue, unreachable: false, reason: "\(error.object): \(error.reason)",
                remedy: error.remedy)
        }
        return try outcome.get()
    }

    /// What `docker kill` does to the container of `node`: it stays dead. Only of a fleet in memory.
    public func kill(node: NodeID) {
        withState { state in
            for host in state.hosts.keys.sorted() { state.hosts[host]?.containers[node]?.kill() }
        }
    }

    /// An effect takes time; one that is cut off meanwhile is not had.
    func wait(_ duration: Duration) async { try? await clock.sleep(for: duration) }
}
