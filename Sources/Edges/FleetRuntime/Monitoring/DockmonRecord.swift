public import FleetModel
import Glibc
public import HealthRules
import Monitoring
import Processes

/// What a daemon leaves in the state directory for `dockmon status` and `clusterstatus`: what it saw last, and which process
/// it is. A record without that process is stale.
public struct DockmonRecord: Hashable, Sendable, Codable {
    /// The process.
    public var pid: Int32
    /// Tells it from another one of that id.
    var startTicks: UInt64
    /// The boot it belongs to.
    var bootID: String
    /// When it began to watch, by the fleet's clock.
    public var startedAt: Timestamp
    /// Whether it has tried every host and looked at the whole.
    public var isWatching: Bool
    /// When the whole was looked at last.
    public var lookedAt: Timestamp?
    /// Why the last look came to nothing.
    public var lookProblem: String?
    /// Each host.
    public var hosts: [Host]
    /// What is wrong.
    public var incidents: [OpenIncident]
    /// The log's path.
    public var log: String
    /// Why the log can't be written; nil when it can.
    public var logProblem: String?
    /// Where metrics are served; nil: nowhere.
    public var metrics: String?
    /// Why they are not, where they should be.
    public var metricsProblem: String?
    /// When this was written, by the fleet's clock …
    public var writtenAt: Timestamp
    /// … and by the wall, in milliseconds.
    var writtenOnWall: Int64
    /// How long nothing may be written, in seconds; nil in records of daemons that did not say.
    var longestSilence: Int64?

    /// One host as the daemon sees it.
    public struct Host: Hashable, Sendable, Codable {
        /// The host.
        public var host: HostName
        /// Whether its events are followed.
        public var isWatched: Bool
        /// When its containers were listed last.
        public var observedAt: Timestamp?
        /// Since when nothing is seen of it.
        public var blindSince: Timestamp?
        /// Why not.
        public var reason: String?
        /// Events that came.
        public var events: Int
    }

    /// An incident that is open.
    public struct OpenIncident: Hashable, Sendable, Codable {
        /// Its name.
        public var id: String
        /// What it is about, as it was seen last.
        public var finding: Finding
        /// When it was opened.
        public var openedAt: Timestamp
        /// Whether it comes and goes.
        public var isFlapping: Bool
    }

    /// Whether its process still runs.
    public var isAlive: Bool {
        ProcessIdentity(pid: pid, startTicks: startTicks, bootID: bootID).isRunning
    }

    /// How long nothing was written, where that is longer than by any daemon that is well; nil where it is well.
    public var silence: Duration? {
        let silence = age(of: writtenAt)
        return silence > .seconds(longestSilence ?? .max) ? silence : nil
    }

    /// Its log, where that can't be written.
    public var unwritableLog: UnwritableLog? {
        logProblem.map { reason in
            // A unit of systemd's sees read-only what it does not name.
            let remedy =
                reason == String(cString: strerror(EROFS))
                ? "gantry install-service lets the unit write there; monitor.log of defaults.cfg names another place"
                : "let it be written, or name another file in monitor.log of defaults.cfg"
            return UnwritableLog(path: log, reason: reason, remedy: remedy)
        }
    }

    /// Hosts of which nothing is seen.
    public var blind: [Host] { hosts.filter { !$0.isWatched } }

    /// How long ago something was, that the record has the time of.
    public func age(of time: Timestamp) -> Duration {
        let wall = Machine.wallTime.components
        let since = wall.seconds * 1000 + wall.attoseconds / 1_000_000_000_000_000 - writtenOnWall
        return max(.zero, writtenAt.since(time)) + .milliseconds(max(0, since))
    }
}

extension FleetPlace {
    /// What the running daemon wrote last; nil where none runs.
    public func dockmon() -> DockmonRecord? {
        guard let record = dockmonRecord(), record.isAlive else { return nil }
        return record
    }

    /// That nobody may look is not that nothing runs.
    /// - Throws: `DockmonDaemon.Problem` where the record may be there and can't be read.
    public func checkDockmonIsSeen() throws(DockmonDaemon.Problem) {
        guard access(dockmonFile, R_OK) != 0, errno == EACCES else { return }
        throw .unseen(dockmonFile, reason: String(cString: strerror(EACCES)))
    }

    /// The record, whatever has become of its process.
    func dockmonRecord() -> DockmonRecord? {
        guard let bytes = try? BoundedFile.read(dockmonFile, limit: Self.largestRecord),
            let json = try? JSONValue(parsing: bytes)
        else { return nil }
        return try? json.decoded(as: DockmonRecord.self)
    }

    var dockmonFile: String { "\(state)/dockmon.json" }
    /// Held by the daemon for as long as it lives.
    var dockmonLock: String { "\(state)/dockmon.lock" }
    /// What a daemon in the background says on standard error: why it could not start.
    public var dockmonOutput: String { "\(state)/dockmon.out" }

    /// Of the largest fleet with an incident at every node it has a megabyte.
    private static var largestRecord: Int { 16 << 20 }
}
