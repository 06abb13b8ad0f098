public import FleetModel

/// How the time of a simulated fleet follows the wall clock: from a pair of instants on, so many times as fast. It passes
/// while nobody looks, too.
public struct SimulatedTime: Hashable, Sendable, Codable {
    /// A bootstrap takes two seconds with it, and a broker that was killed is still seen fenced.
    public static let usualSpeed = 20
    /// Standing still is no speed, and an hour a second is as fast as anything can still be followed.
    public static let speeds = 1...3600

    /// The simulated wall clock at the simulation's beginning.
    public private(set) var epoch: Timestamp
    /// An instant of the simulation, counted from its beginning …
    private var instant: Duration
    /// … and the time on the real wall at it, counted from 1970.
    private var wall: Duration
    /// How many times faster than real time it passes.
    public private(set) var speed: Int

    /// A clock that begins now, with the real time on the wall, and runs at the usual speed.
    public init(wall: Duration) {
        epoch = Timestamp(milliseconds: 0).advanced(by: wall)
        instant = .zero
        self.wall = wall
        speed = Self.usualSpeed
    }

    /// How much time has passed since the beginning, when the wall shows `wall`. A real clock that was set back makes
    /// time stand still, never go back.
    public func elapsed(at wall: Duration) -> Duration { instant + max(.zero, wall - self.wall) * speed }

    /// How long the real clock runs meanwhile.
    public func real(_ duration: Duration) -> Duration { duration / speed }

    /// From now on it runs at another speed, held within `speeds`.
    public mutating func run(at speed: Int, wall: Duration) {
        anchor(elapsed(at: wall), wall: wall)
        self.speed = min(max(speed, Self.speeds.lowerBound), Self.speeds.upperBound)
    }

    /// Jumps forward.
    public mutating func skip(_ duration: Duration, wall: Duration) {
        anchor(elapsed(at: wall) + max(.zero, duration), wall: wall)
    }

    /// Says that it is `instant` now.
    public mutating func anchor(_ instant: Duration, wall: Duration) { (self.instant, self.wall) = (instant, wall) }
}
