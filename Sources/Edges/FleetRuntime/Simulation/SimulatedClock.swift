import FleetModel
import FleetSimulator
import Observation
import Processes
import Threads

/// The clock of a simulated fleet that follows the wall clock: what waits in simulated time waits shorter in real time.
final class SimulatedClock: FleetClock {
    /// A sleeper looks again so often: another command may have let the clock run faster, or jump.
    private static let longestNap: Duration = .milliseconds(200)
    /// Shorter naps would keep a processor busy at high speeds.
    private static let shortestNap: Duration = .milliseconds(1)

    private struct State {
        var time: SimulatedTime
        var latest: Duration = .zero
    }

    private let state: Locked<State>
    /// Reads the present time from where other processes change it.
    private let refresh: @Sendable () -> SimulatedTime?

    init(_ time: SimulatedTime, refresh: @escaping @Sendable () -> SimulatedTime? = { nil }) {
        state = Locked(State(time: time))
        self.refresh = refresh
    }

    /// From now on it runs like this; never back, whatever that says.
    func follow(_ time: SimulatedTime) { state.withLock { $0.time = time } }

    func now() -> Timestamp {
        let uptime = uptime()
        return state.withLock(\.time.epoch).advanced(by: uptime)
    }

    func uptime() -> Duration {
        state.withLock { state in
            state.latest = max(state.latest, state.time.elapsed(at: Machine.wallTime))
            return state.latest
        }
    }

    func sleep(for duration: Duration) async throws {
        let end = uptime() + duration
        while true {
            let left = end - uptime()
            guard left > .zero else { return try Task.checkCancellation() }
            let real = state.withLock(\.time).real(left)
            try await Task.sleep(for: min(max(real, Self.shortestNap), Self.longestNap))
            if real > Self.longestNap, let time = refresh() { follow(time) }
        }
    }
}
