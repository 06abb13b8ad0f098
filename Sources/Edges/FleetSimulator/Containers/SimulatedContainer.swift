public import FleetModel

/// One simulated container: what Docker remembers of it.
public struct SimulatedContainer: Hashable, Sendable, Codable {
    /// Docker's id: 64 hexadecimal digits.
    public var id: String
    /// Its name.
    public var name: String
    /// What it runs.
    public var node: NodeID
    /// Its role.
    public var role: NodeRole
    /// The cluster it belongs to, from its label.
    public var clusterID: ClusterID?
    /// The digest of its configuration, from its label.
    public var configDigest: String?
    /// The image's reference.
    public var image: String
    /// Its properties file, which the node reads when it starts.
    public var properties: String
    /// Its restart policy.
    public var restart: RestartPolicy
    /// Docker's state.
    public internal(set) var state = ContainerState.created
    /// When its present or last run began.
    public internal(set) var startedAt: Duration?
    /// The exit code of its last run that ended.
    public internal(set) var exitCode: Int32?
    /// Whether the kernel killed that one for memory.
    public internal(set) var oomKilled = false
    /// How often Docker has restarted it.
    public internal(set) var restarts = 0
    /// Whether a person or program stopped or killed it through Docker.
    public internal(set) var isStoppedByHand = false
    /// Between the end of a run and the next by the restart policy: doubled each time, after ten seconds of running
    /// back at the beginning.
    var backoff = Self.firstBackoff
    /// Counts runs: what was to happen in an earlier one does not happen in this.
    var run = 0
    /// The last lines that it wrote, with the run that wrote them.
    var log: [Line] = []

    struct Line: Hashable, Sendable, Codable {
        var run: Int
        var text: String
    }

    /// Docker's own (restartmanager.go): 100 ms, doubled up to a minute.
    static let firstBackoff: Duration = .milliseconds(100)
    static let longestBackoff: Duration = .seconds(60)
    static let runThatCounts: Duration = .seconds(10)
    /// Lines that are kept: what a failure shows, and a few more.
    private static let keptLines = 40

    /// Whether its process runs.
    public var isRunning: Bool { state == .running || state == .paused }

    /// Whether it carries this cluster's label: what Docker is asked for.
    func belongs(to cluster: ClusterName) -> Bool {
        properties.isEmpty || properties.hasPrefix("\(OnHostPath.directory(of: cluster))/")
    }

    mutating func write(_ text: String) {
        log.append(Line(run: run, text: text))
        if log.count > Self.keptLines { log.removeFirst(log.count - Self.keptLines) }
    }
}

/// What Docker tells of a container's life, as in `docker events`.
public struct SimulatedEvent: Hashable, Sendable, Codable {
    /// When.
    public var at: Duration
    /// `create`, `start`, `kill`, `oom`, `die`, `stop`, `pause`, `unpause`, `destroy`.
    public var action: String
    /// The container's name.
    public var container: String
    /// Its node.
    public var node: NodeID
    /// Of `die`.
    public var exitCode: Int32?
}
