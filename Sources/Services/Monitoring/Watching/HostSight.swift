public import FleetModel
import Observation

/// What the daemon sees of one host: a value that its watcher keeps.
public struct HostSight: Hashable, Sendable {
    /// The host.
    public let host: HostName
    /// Whether its events are followed and its containers were listed since they are.
    public internal(set) var isWatched = false
    /// When its containers were listed last; nil: never.
    public internal(set) var observedAt: Timestamp?
    /// Since when nothing is seen of it; nil while it is watched.
    public internal(set) var blindSince: Timestamp?
    /// Why not.
    public internal(set) var reason: String?
    /// Events that came.
    public internal(set) var events = 0
    /// Parts of the stream that could not be read.
    public internal(set) var garbled = 0
    /// How often the stream was made anew.
    public internal(set) var reconnects = 0

    /// Where the stream is to go on.
    var checkpoint: EventTime?
    /// Tries in a row that came to nothing.
    var failures = 0
    /// When its containers were last asked for, by the clock that never goes back.
    var askedAt: Duration?

    /// A host that nothing has been seen of, from `now` on.
    init(host: HostName, now: Timestamp) {
        self.host = host
        blindSince = now
    }

    /// Its containers were listed.
    mutating func listed(at now: Timestamp, asked: Duration) {
        isWatched = true
        observedAt = now
        askedAt = asked
        blindSince = nil
        reason = nil
        failures = 0
    }

    /// An event came. Events of a clock that was set back move the checkpoint back, too: what the daemon keeps is little.
    mutating func told(_ event: ContainerEvent) {
        events += 1
        checkpoint = event.at
    }

    /// The way there is gone.
    mutating func lost(_ why: String, at now: Timestamp) {
        isWatched = false
        failures += 1
        reconnects += 1
        blindSince = blindSince ?? observedAt ?? now
        reason = why
    }

    /// How long to wait before the next try: longer each time up to a minute, and never in step with other hosts.
    /// - Parameter chance: a number from 0 up to 1.
    /// - Returns: at least half of what was doubled, at most all of it.
    func pause(chance: Double) -> Duration {
        let doubled = Self.firstPause * (1 << min(max(0, failures - 1), 6))
        return min(doubled, Self.longestPause) * (0.5 + chance / 2)
    }

    /// Docker that restarts is back after some seconds.
    static let firstPause: Duration = .seconds(1)
    /// So late, at most, is a host seen again that was away for an hour.
    static let longestPause: Duration = .seconds(60)
}
