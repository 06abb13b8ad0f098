import Synchronization

/// Keeps the state of a simulated fleet: in memory for tests, in a file between commands.
public protocol FleetStateKeeper: Sendable {
    /// Calls `body` with the state as it is now, time having passed since it was last seen.
    ///
    /// A change is a transaction: what `body` left is kept before the next change begins, by this process or another. What
    /// a look leaves is forgotten.
    /// - Throws: `SimulationProblem` when the state can't be had or kept; then nothing has changed.
    func withState<Result: Sendable>(
        _ access: StateAccess, _ body: (inout FleetState) -> Result
    ) async throws(SimulationProblem) -> Result
}

/// What somebody wants with the state.
public enum StateAccess: Hashable, Sendable {
    /// To see it.
    case look
    /// To change it.
    case change
}

/// Why the state of a simulated fleet could not be had, kept or changed.
public struct SimulationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds that callers tell apart.
    public enum Code: String, Hashable, Sendable {
        /// The file is none, or none of a version that is understood.
        case damaged = "simulation-damaged"
        /// Somebody else holds it, and did not let it go in time.
        case held = "simulation-held"
        /// The file can't be read or written.
        case unavailable = "simulation-unavailable"
        /// There is no such fault, or nothing that it could be done to.
        case unknownFault = "unknown-fault"
        /// The fleet is a real one.
        case notSimulated = "not-simulated"
    }

    /// The kind of problem.
    public var code: Code
    /// What failed: "reading the simulated fleet".
    public var what: String
    /// On which object: the file's path, the fault's name.
    public var object: String
    /// Why.
    public var reason: String
    /// What to do next.
    public var remedy: String

    /// A problem of these parts.
    public init(_ code: Code, what: String, object: String, reason: String, remedy: String) {
        self.code = code
        self.what = what
        self.object = object
        self.reason = reason
        self.remedy = remedy
    }

    /// `reading the simulated fleet failed: /x/.gantry/simulation: reason; remedy`.
    public var description: String { "\(what) failed: \(object): \(reason); \(remedy)" }
}

/// Keeps the state in memory, under virtual time.
public final class MemoryKeeper: FleetStateKeeper {
    private let state: Mutex<FleetState>
    private let uptime: @Sendable () -> Duration

    /// A keeper of `state`; `uptime` tells how much time has passed since the simulation began.
    public init(_ state: FleetState, uptime: @escaping @Sendable () -> Duration) {
        self.state = Mutex(state)
        self.uptime = uptime
    }

    /// Calls `body` with the state: nobody is ever waited for.
    public func withState<Result: Sendable>(_ body: (inout FleetState) -> Result) -> Result {
        state.withLock { state in
            state.advance(to: uptime())
            return body(&state)
        }
    }

    /// See `FleetStateKeeper`.
    public func withState<Result: Sendable>(
        _ access: StateAccess, _ body: (inout FleetState) -> Result
    ) async throws(SimulationProblem) -> Result {
        guard access == .look else { return withState(body) }
        var seen = withState { $0 }
        return body(&seen)
    }
}
