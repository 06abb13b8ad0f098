import FleetModel
import MetricsEndpoint
import Monitoring
import Observation
import Processes
import Threads

/// Keeps what the daemon knows: for the metrics page in memory, for other commands in a file.
final class StateKeeper: MonitorStateSink {
    /// The file is written at most so often.
    private static let pause: Duration = .seconds(1)

    private struct State {
        var present: MonitorState?
        var isNew = false
        var metrics: String?
        var metricsProblem: String?
        var plugins: MonitorPlugins?
        var publishedAt = ContinuousClock.now
        var longestSilence = StateKeeper.longestSilence(interval: .zero)
        var hasToldWatching = false
    }

    private let place: FleetPlace
    private let identity: ProcessIdentity
    private let log: LogFile
    private let state = Locked(State())
    /// Wakes the run that goes on. Each has a stream of its own: one is over for good when who reads it is cancelled.
    private let news = Locked<AsyncStream<Void>.Continuation?>(nil)

    init(place: FleetPlace, identity: ProcessIdentity, log: LogFile) {
        self.place = place
        self.identity = identity
        self.log = log
    }

    func publish(_ present: MonitorState) {
        state.withLock { state in
            state.present = present
            state.isNew = true
            state.publishedAt = .now
        }
        news.withLock(\.self)?.yield()
    }

    /// Where metrics are served, or why they are not.
    func metrics(at address: String?, problem: String?) {
        state.withLock { ($0.metrics, $0.metricsProblem) = (address, problem) }
    }

    /// What is known now.
    var present: MonitorState? { state.withLock(\.present) }

    /// Whether it watches, and other commands can read that it does.
    var isSeenWatching: Bool { state.withLock(\.hasToldWatching) }

    /// The plug-ins whose runs are counted.
    func plugins(_ plugins: MonitorPlugins) { state.withLock { $0.plugins = plugins } }

    /// Nothing has been judged for so long that the daemon can't be at work: it judges at least every interval.
    var isStuck: Bool { state.withLock { ContinuousClock.now - $0.publishedAt > $0.longestSilence } }

    /// How long nothing may be judged, and so nothing be written, by a daemon that is well and judges every `interval`.
    static func longestSilence(interval: Duration) -> Duration { max(.seconds(300), interval * 3) }

    /// How often everything is judged at least.
    func interval(_ interval: Duration) {
        state.withLock { $0.longestSilence = Self.longestSilence(interval: interval) }
    }

    /// One line for a service manager.
    var summary: String {
        guard let present else { return "starting" }
        let blind = present.hosts.filter { !$0.isWatched }.count
        return "\(counted(present.hosts.count, "host"))\(blind == 0 ? "" : ", blind on \(blind)"), "
            + counted(present.incidents.count, "open incident")
    }

    /// The page of a path: `/metrics` and `/healthz`.
    func page(_ path: String, interval: Duration) -> MetricsEndpoint.Page {
        switch path {
        case "/metrics":
            let plugins = state.withLock(\.plugins)?.counts ?? (runs: 0, failures: 0, dropped: 0)
            return MetricsEndpoint.Page(
                type: .metrics,
                body: MetricsText.page(
                    present,
                    counters: [
                        ("gantry_dockmon_log_lines_lost_total", "Lines that could not be logged.", log.trouble.lost),
                        ("gantry_dockmon_plugin_runs_total", "Runs of plug-ins.", plugins.runs),
                        ("gantry_dockmon_plugin_failures_total", "Runs of plug-ins that failed.", plugins.failures),
                        (
                            "gantry_dockmon_plugin_dropped_total", "Incidents that no plug-in was given in time.",
                            plugins.dropped
                        ),
                    ]))
        case "/healthz":
            let silence = ContinuousClock.now - state.withLock(\.publishedAt)
            let isWell = present?.isWatching == true && silence < max(interval * 3, .seconds(60))
            return MetricsEndpoint.Page(
                status: isWell ? 200 : 503, body: isWell ? "ok\n" : "not watching: \(summary)\n")
        case "/": return MetricsEndpoint.Page(body: "gantry dockmon: /metrics, /healthz\n")
        default: return MetricsEndpoint.Page(status: 404, body: "no such page: /metrics, /healthz\n")
        }
    }

    /// Writes the file whenever there is something new, until the task is cancelled.
    func run(clock: any FleetClock) async {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        news.withLock { $0 = continuation }
        // What came since the run before is still to be written.
        continuation.yield()
        for await _ in stream {
            write(clock: clock)
            // In real time: this is about the disk, not about the fleet.
            try? await Task.sleep(for: Self.pause)
        }
    }

    func write(clock: any FleetClock) {
        let state = self.state.withLock { state in
            defer { state.isNew = false }
            return state
        }
        guard state.isNew, let present = state.present else { return }
        let wall = Machine.wallTime.components
        let record = DockmonRecord(
            pid: identity.pid, startTicks: identity.startTicks, bootID: identity.bootID, startedAt: present.startedAt,
            isWatching: present.isWatching, lookedAt: present.lookedAt, lookProblem: present.lookProblem,
            hosts: present.hosts.map {
                DockmonRecord.Host(
                    host: $0.host, isWatched: $0.isWatched, observedAt: $0.observedAt, blindSince: $0.blindSince,
                    reason: $0.reason, events: $0.events)
            },
            incidents: present.incidents.map {
                DockmonRecord.OpenIncident(
                    id: $0.id, finding: $0.finding, openedAt: $0.openedAt, isFlapping: $0.isFlapping)
            }, log: log.path, logProblem: log.trouble.reason, metrics: state.metrics,
            metricsProblem: state.metricsProblem,
            writtenAt: clock.now(),
            writtenOnWall: wall.seconds * 1000 + wall.attoseconds / 1_000_000_000_000_000,
            longestSilence: state.longestSilence.components.seconds)
        guard let text = try? JSONValue(encoding: record).text() else { return }
        // A full disk must not stop the daemon; who reads the old record sees by its age that it is old.
        try? AtomicFile.write(Array(text.utf8) + [UInt8(ascii: "\n")], to: place.dockmonFile, mode: 0o600)
        if present.isWatching { self.state.withLock { $0.hasToldWatching = true } }
    }
}
