public import FleetModel
public import Observation
import Operations
import Synchronization

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
    /// Images on their way.
    let traffic = ImageTraffic()
    /// Hosts that this process has a connection to.
    private let connected = Mutex<Set<HostName>>([])

    /// The fleet that `keeper` keeps, under `clock`.
    public init(cluster: ClusterName, keeper: any FleetStateKeeper, clock: any FleetClock) {
        self.cluster = cluster
        self.keeper = keeper
        self.clock = clock
    }

    /// A fleet of `hosts` in memory, empty: no files, no image, no container.
    public convenience init(cluster: ClusterName, hosts: [HostName], time: VirtualTime) {
        var state = FleetState()
        for host in hosts { state.hosts[host] = SimulatedHost() }
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

    /// Calls `body` with a host that SSH reaches; one that is not reached costs the time in which ssh gives up.
    func withHost<Result: Sendable>(
        _ host: HostName, _ access: StateAccess,
        _ body: (inout SimulatedHost, inout FleetState) throws(HostProblem) -> Result
    ) async throws(HostProblem) -> Result {
        let (known, roundTrip) = try await transaction(.look) { ($0.hosts[host]?.troubles, $0.roundTrip) }
        guard let troubles = known else {
            throw HostProblem(
                code: "host-name-unknown", unreachable: true, reason: "\(host) is no host of this simulated fleet",
                remedy: "name it in virthosts of defaults.cfg")
        }
        if troubles.unreachable == .silent { await wait(HostTroubles.connectTimeout) }
        if roundTrip > .zero {
            let isNew = connected.withLock { $0.insert(host).inserted }
            await wait(roundTrip * (isNew ? Self.tripsToConnect + Self.tripsOfCommand : Self.tripsOfCommand))
        }
        if troubles.has(.slow) { await wait(HostTroubles.slowness) }
        let outcome = try await transaction(access) { state -> Swift.Result<Result, HostProblem> in
            guard var found = state.hosts[host] else { return .failure(Self.unreachable(.silent, host)) }
            if let reason = found.troubles.unreachable { return .failure(Self.unreachable(reason, host)) }
            defer { if access == .change { state.hosts[host] = found } }
            do throws(HostProblem) { return .success(try body(&found, &state)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    /// TCP, both names, the exchange of keys, and a login by key (RFC 4253, 4252).
    private static let tripsToConnect = 7
    /// A channel, and what is run over it (RFC 4254).
    private static let tripsOfCommand = 2

    /// Changes the state on behalf of `host`.
    func with(_ host: HostName, _ body: (inout FleetState) -> Void) async throws(HostProblem) {
        try await transaction(.change, body)
    }

    private func transaction<Result: Sendable>(
        _ access: StateAccess, _ body: (inout FleetState) -> Result
    ) async throws(HostProblem) -> Result {
        do throws(SimulationProblem) { return try await world(access, body) } catch {
            throw HostProblem(
                code: error.code.rawValue, unreachable: false, reason: "\(error.object): \(error.reason)",
                remedy: error.remedy)
        }
    }

    private static func unreachable(_ why: HostTroubles.Unreachable, _ host: HostName) -> HostProblem {
        switch why {
        case .silent:
            HostProblem(
                code: "ssh-timed-out", unreachable: true, reason: "\(host) does not answer",
                remedy: "see that it runs and that its network works")
        case .refused:
            HostProblem(
                code: "ssh-refused", unreachable: true, reason: "\(host) refuses the connection to port 22",
                remedy: "see that sshd runs there, and that ssh.port is right")
        case .otherKey:
            HostProblem(
                code: "host-key-changed", unreachable: true,
                reason: "\(host) has another host key than the known one: it was made anew, or somebody is in between",
                remedy: "find out which; then ssh-keygen -R \(host), and log in once by hand")
        }
    }

    /// What `docker kill` does to the container of `node`: it stays dead. Only of a fleet in memory.
    public func kill(node: NodeID) { withState { $0.kill(node) } }

    /// An effect takes time; one that is cut off meanwhile is not had.
    func wait(_ duration: Duration) async { try? await clock.sleep(for: duration) }
}
