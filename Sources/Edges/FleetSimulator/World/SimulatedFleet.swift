public import FleetModel
import Observation
public import Operations
import Synchronization

/// Hosts, containers and a cluster that live in memory, behind the same ports as the real ones.
///
/// What is there so far is what bootstrap and status need; it counts every effect, so that tests can prove that
/// nothing was done twice.
public final class SimulatedFleet: Sendable {
    let state: Mutex<FleetState>
    let time: VirtualTime
    /// The cluster's name.
    let cluster: ClusterName

    /// A fleet of `hosts`, empty: no files, no image, no container.
    public init(cluster: ClusterName, hosts: [HostName], time: VirtualTime) {
        self.cluster = cluster
        self.time = time
        var state = FleetState()
        for host in hosts { state.hosts[host] = SimulatedHost() }
        self.state = Mutex(state)
    }

    /// Every effect so far, in order: `format 1`, `create orders-broker-1`.
    public var effects: [String] { state.withLock(\.effects) }

    /// Looks at the state, or damages it.
    public func withState<Result: Sendable>(_ body: @Sendable (inout FleetState) -> Result) -> Result {
        state.withLock { body(&$0) }
    }

    /// Calls `body` with a host that answers.
    func withHost<Result: Sendable>(
        _ host: HostName, _ body: (inout SimulatedHost, inout [String]) throws(HostProblem) -> Result
    ) throws(HostProblem) -> Result {
        let outcome: Swift.Result<Result, HostProblem> = state.withLock { state in
            guard var found = state.hosts[host], found.isReachable else {
                return .failure(
                    HostProblem(
                        code: "ssh-timed-out", unreachable: true, reason: "\(host) does not answer",
                        remedy: "see that it runs and that its network works"))
            }
            let result: Swift.Result<Result, HostProblem>
            do throws(HostProblem) {
                result = .success(try body(&found, &state.effects))
            } catch {
                result = .failure(error)
            }
            state.hosts[host] = found
            return result
        }
        return try outcome.get()
    }

    /// What `docker kill` does to the container of `node`: it stays dead.
    public func kill(node: NodeID) {
        state.withLock { state in
            for host in state.hosts.keys.sorted() { state.hosts[host]?.containers[node]?.kill() }
        }
    }
}

/// Everything there is.
public struct FleetState: Sendable {
    /// The hosts.
    public var hosts: [HostName: SimulatedHost] = [:]
    /// What was done, in order.
    public var effects: [String] = []
}

/// One simulated host.
public struct SimulatedHost: Sendable {
    /// Whether SSH answers.
    public var isReachable = true
    /// Whether Docker answers.
    public var dockerRuns = true
    /// Files by path.
    public var files: [String: FileToPlace] = [:]
    /// Identities of formatted directories.
    public var formatted: [String: MetaProperties] = [:]
    /// Images by reference.
    public var images: [String: ImageObservation] = [:]
    /// Containers by node.
    public var containers: [NodeID: SimulatedContainer] = [:]
    /// Ports that something else listens on.
    public var foreignPorts: Set<UInt16> = []

    /// A host with nothing on it.
    public init() {}
}

/// One simulated container.
public struct SimulatedContainer: Sendable {
    /// What it runs.
    public var node: NodeID
    /// Its role.
    public var role: NodeRole
    /// The cluster it belongs to.
    public var clusterID: ClusterID?
    /// Docker's state.
    public var state: ContainerState
    /// When its present or last run began.
    public var startedAt: Duration
    /// Its last exit code.
    public var exitCode: Int32?
    mutating func kill() {
        state = .exited
        exitCode = 137
    }
}
