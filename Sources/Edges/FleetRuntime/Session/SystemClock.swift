import FleetModel
import Observation
import Processes

/// The machine's own clocks.
struct SystemClock: FleetClock {
    private let start = ContinuousClock.now

    func now() -> Timestamp {
        let (seconds, attoseconds) = Machine.wallTime.components
        return Timestamp(milliseconds: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    func uptime() -> Duration { ContinuousClock.now - start }

    func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
