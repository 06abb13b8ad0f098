public import FleetModel
public import HealthRules
public import Observation

/// Looks at the fleet as a whole: what `clusterstatus` looks at.
public protocol HealthSource: Sendable {
    /// Everything, seen once and ready to be judged.
    /// - Throws: what keeps it from looking: the journal can't be read.
    func look() async throws -> HealthContext

    /// The operation of ours that is under way; nil: none.
    func operationAtWork() async -> OperationAtWork?

    /// What is wrong with an operation that nobody carries out and that nothing goes on with; nil: nothing.
    func operationLeft() async -> Finding?
}

/// The daemon's log.
public protocol MonitorLog: Sendable {
    /// Appends one line. Never waits long, never fails: a log that can't be written is counted, and tried again.
    func write(_ line: String)
}

/// Gets what the daemon knows each time that it changes.
public protocol MonitorStateSink: Sendable {
    /// Takes it; never waits long.
    func publish(_ state: MonitorState)
}

/// Who else is told of incidents: mail, plug-ins.
public protocol IncidentReceiver: Sendable {
    /// Takes one; never waits, and drops the oldest of too many rather than grow.
    func receive(_ change: IncidentChange)
}

/// What the daemon works with.
public struct MonitorPorts: Sendable {
    /// The fleet as a whole.
    public var health: any HealthSource
    /// Containers, listed.
    public var containers: any ContainerSource
    /// Containers, followed.
    public var events: any ContainerEventSource
    /// The log.
    public var log: any MonitorLog
    /// Status file, metrics and watchdog.
    public var state: any MonitorStateSink
    /// Mail and plug-ins.
    public var receivers: [any IncidentReceiver]
    /// Time.
    public var clock: any FleetClock
    /// Numbers from 0 up to 1, so that hosts are not asked in step.
    public var chance: @Sendable () -> Double

    /// These ports.
    public init(
        health: any HealthSource, containers: any ContainerSource, events: any ContainerEventSource,
        log: any MonitorLog, state: any MonitorStateSink, receivers: [any IncidentReceiver], clock: any FleetClock,
        chance: @escaping @Sendable () -> Double
    ) {
        self.health = health
        self.containers = containers
        self.events = events
        self.log = log
        self.state = state
        self.receivers = receivers
        self.clock = clock
        self.chance = chance
    }
}

/// What the daemon knows at one moment.
public struct MonitorState: Sendable {
    /// When it began to watch.
    public var startedAt: Timestamp
    /// Whether every host was tried and the whole was looked at once: from then on it watches.
    public var isWatching: Bool
    /// Each host.
    public var hosts: [HostSight]
    /// Open incidents, the worst first.
    public var incidents: [Incident]
    /// What was seen last of the fleet as a whole, with newer containers where they were seen since.
    public var context: HealthContext?
    /// When the whole was last looked at.
    public var lookedAt: Timestamp?
    /// Why the last look came to nothing; nil: it did not.
    public var lookProblem: String?
    /// The operation of ours that is under way.
    public var operation: OperationAtWork?
    /// Incidents opened since the start.
    public var openedTotal: Int
    /// Events since the start, lost subscriptions, and changes that no event had brought.
    public var eventsTotal: Int
    /// Changes that were seen and that no event had told of.
    public var unheardTotal: Int
}

/// How the daemon works.
public struct MonitorRules: Sendable {
    /// Time between two looks at the whole.
    public var interval: Duration
    /// Whether every event is logged.
    public var logsEvents: Bool
    /// When something is told.
    public var damping: Damping

    /// These rules.
    public init(interval: Duration, logsEvents: Bool = false, damping: Damping = Damping()) {
        self.interval = interval
        self.logsEvents = logsEvents
        self.damping = damping
    }
}
