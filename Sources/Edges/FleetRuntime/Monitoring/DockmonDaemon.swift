public import FleetConfiguration
import FleetModel
import Glibc
import MetricsEndpoint
import Monitoring
import Observation
import Processes

/// The monitoring daemon, in the process that calls `run`.
public struct DockmonDaemon: Sendable {
    /// Why it could not begin.
    public enum Problem: Error, Sendable {
        /// One runs already; nil where it has not written its record yet.
        case runs(DockmonRecord?)
        /// Its files can't be made.
        case files(String, reason: String)
        /// Whether one runs can't be seen: its record can't be read.
        case unseen(String, reason: String)
    }

    /// How often the configuration is looked at for changes.
    private static let configurationPause: Duration = .seconds(2)

    private let place: FleetPlace
    private let load: @Sendable () throws -> FleetConfiguration
    private let logsEvents: Bool
    private let resumes: Bool
    private let echo: (@Sendable (String) -> Void)?
    private let complain: (@Sendable (String) -> Void)?

    /// A daemon for the fleet in `place`.
    /// - Parameters:
    ///   - place: where its files lie.
    ///   - logsEvents: whether every event is logged.
    ///   - resumes: whether it goes on with an operation that was interrupted, where `move.resume` says so.
    ///   - echo: gets every line of the log, too.
    ///   - complain: is told that the log can't be written, and that it can again, whatever `echo` gets.
    ///   - load: reads `defaults.cfg`; called again whenever it has changed.
    public init(
        place: FleetPlace, logsEvents: Bool, resumes: Bool = false, echo: (@Sendable (String) -> Void)?,
        complain: (@Sendable (String) -> Void)? = nil,
        load: @escaping @Sendable () throws -> FleetConfiguration
    ) {
        self.place = place
        self.load = load
        self.logsEvents = logsEvents
        self.resumes = resumes
        self.echo = echo
        self.complain = complain
    }

    /// Watches until the task is cancelled. Each element of `hangups` reopens the log; that `defaults.cfg` or the template has
    /// changed is seen by itself.
    /// - Throws: `Problem`, and the mistakes of a configuration that it can't begin with.
    public func run(hangups: AsyncStream<Void>) async throws {
        let lock = try takeLock()
        defer { withExtendedLifetime(lock) {} }
        let identity: ProcessIdentity
        do throws(ProcessError) { identity = try .current() } catch {
            throw Problem.files("/proc", reason: "\(error)")
        }
        var marks = self.marks
        var configuration = try load()
        place.keep(configuration)
        var mistake: String?
        let log = LogFile(path: configuration.specification.monitor.log, echo: echo, complain: complain)
        let keeper = StateKeeper(place: place, identity: identity, log: log)
        let manager = ServiceManager()
        defer {
            unlink(place.dockmonFile)
            manager.stopping()
        }
        log.say("daemon-started", at: .wall, [("pid", "\(identity.pid)"), ("fleet", place.directory)])
        let resumer = OperationResumer(place: place, log: log, resumes: resumes)
        var incidents: Incidents?
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in hangups { log.reopen() }
                try Task.checkCancellation()
            }
            group.addTask { try await Self.report(keeper, to: manager) }
            defer { group.cancelAll() }
            while !Task.isCancelled {
                incidents = try await watch(configuration, mistake, marks, incidents, log, keeper, resumer)
                if Task.isCancelled { break }
                // Before it is read: what changes from here on is another change.
                marks = self.marks
                do {
                    configuration = try load()
                    mistake = nil
                    place.keep(configuration)
                    log.move(to: configuration.specification.monitor.log)
                    log.say("configuration-read", at: .wall)
                } catch {
                    mistake = (error as? ConfigurationError)?.brief ?? "\(error)"
                    log.say("configuration-refused", level: "warning", at: .wall, [("reason", "\(error)")])
                }
            }
        }
        log.say("daemon-stopped", at: .wall)
    }

    /// Watches with one configuration, until another one is wanted or the task is cancelled.
    private func watch(
        _ configuration: FleetConfiguration, _ mistake: String?, _ marks: [FileMark], _ incidents: Incidents?,
        _ log: LogFile, _ keeper: StateKeeper, _ resumer: OperationResumer
    ) async throws -> Incidents? {
        let specification = configuration.specification
        let metrics = metrics(specification.monitor, keeper, log)
        defer { withExtendedLifetime(metrics) {} }
        return try await FleetSession.with(specification, place: place) { session in
            let plugins = MonitorPlugins(
                directory: configuration.directory.monitorPlugins, cluster: specification.cluster.name, log: log)
            keeper.plugins(plugins)
            keeper.interval(specification.monitor.interval)
            let mail = session.mail
            let incidentMail = IncidentMail(cluster: specification.cluster.name, log: log, through: mail)
            let receivers: [any IncidentReceiver] = [plugins] + (incidentMail.map { [$0] } ?? [])
            let ports = MonitorPorts(
                health: SessionHealth(
                    session: session, directory: configuration.directory, canary: specification.move.canary,
                    mistake: mistake, resumer: resumer, log: log),
                containers: session.ports.containerSource, events: session.ports.events, log: log, state: keeper,
                receivers: receivers, clock: session.clock, chance: { Double.random(in: 0..<1) })
            let monitor = Monitor(
                hosts: specification.hosts.map(\.host), ports: ports,
                rules: MonitorRules(interval: specification.monitor.interval, logsEvents: logsEvents),
                incidents: incidents)
            return await withTaskGroup(of: Incidents?.self) { group in
                group.addTask { await monitor.run() }
                group.addTask {
                    await resumer.run(
                        specification, every: specification.monitor.interval, clock: session.clock
                    ) { await incidentMail?.post($0, $1) }
                    return nil
                }
                group.addTask {
                    await keeper.run(clock: session.clock)
                    return nil
                }
                group.addTask {
                    await plugins.run()
                    return nil
                }
                if let incidentMail {
                    group.addTask {
                        await incidentMail.run { keeper.present }
                        return nil
                    }
                    group.addTask {
                        await IncidentMail.sendKept(mail)
                        return nil
                    }
                    if let daily = specification.notify?.daily {
                        group.addTask {
                            await incidentMail.writeDaily(at: daily) { keeper.present }
                            return nil
                        }
                    }
                }
                // Nothing else ends the watching: whatever of it has nothing more to do, the rest goes on.
                await change(from: marks)
                group.cancelAll()
                var last: Incidents?
                for await memory in group { last = memory ?? last }
                return last
            }
        }
    }

    /// Serves metrics where they are wanted. A port that is in use is said, and the daemon goes on without.
    private func metrics(_ settings: MonitorSettings, _ keeper: StateKeeper, _ log: LogFile) -> MetricsEndpoint? {
        guard let address = settings.metrics else {
            keeper.metrics(at: nil, problem: nil)
            return nil
        }
        do throws(MetricsEndpoint.Failure) {
            let endpoint = try MetricsEndpoint(host: address.host, port: address.port) { path in
                keeper.page(path, interval: settings.interval)
            }
            keeper.metrics(at: "\(address)", problem: nil)
            return endpoint
        } catch {
            keeper.metrics(at: nil, problem: "no metrics on \(address): \(error.reason)")
            log.say(
                "metrics-failed", level: "warning", at: .wall, [("address", "\(address)"), ("reason", error.reason)])
            return nil
        }
    }

    /// Tells the service manager that the daemon watches, and then that it lives, for as long as it judges.
    private static func report(_ keeper: StateKeeper, to manager: ServiceManager) async throws {
        while !keeper.isSeenWatching { try await Task.sleep(for: reportPause) }
        manager.ready(keeper.summary)
        guard let watchdog = manager.watchdog else { return }
        while true {
            try await Task.sleep(for: watchdog / 3)
            if !keeper.isStuck { manager.alive(keeper.summary) }
        }
    }

    private static let reportPause: Duration = .milliseconds(100)

    /// The files of the configuration as they are now.
    private var marks: [FileMark] {
        let directory = FleetDirectory(path: place.directory)
        return [directory.configurationFile, directory.composeTemplate].map(FileMark.init)
    }

    /// Returns when they are others than they were.
    private func change(from before: [FileMark]) async {
        while marks == before {
            guard (try? await Task.sleep(for: Self.configurationPause)) != nil else { return }
        }
    }

    private func takeLock() throws(Problem) -> FileLock {
        do throws(ProcessError) {
            try Directories.make(place.state, mode: 0o700)
            return try FileLock.take(place.dockmonLock)
        } catch {
            if error.code == .locked { throw .runs(place.dockmon()) }
            throw .files(place.dockmonLock, reason: error.reason)
        }
    }
}

/// What tells a file from what it was before.
private struct FileMark: Equatable, Sendable {
    var inode: UInt = 0
    var seconds = 0
    var nanoseconds = 0
    var size = 0

    init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        (inode, size) = (status.st_ino, status.st_size)
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
}

extension Timestamp {
    /// Now, by the clock on the wall.
    static var wall: Timestamp { SystemClock().now() }
}
