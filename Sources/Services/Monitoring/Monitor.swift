public import FleetModel
import Observation

/// The monitoring daemon's work: watches every host, looks at the whole, judges, and tells.
///
/// ```
/// events of a host ─▶ HostWatcher ─ list ─▶ Watchtower ─ judge ─▶ Incidents ─▶ log, state
///                          interval ─ look ─▶    │                    └▶ last lines of the dead ─▶ mail, plug-ins
/// ```
public struct Monitor: Sendable {
    /// Kafka is asked again so long after the last time, at the earliest, however much happens.
    private static let shortestLookPause: Duration = .seconds(5)
    /// Judging what came meanwhile: of a host's ten thousand events in a second it is done a few times.
    private static let judgingPause: Duration = .milliseconds(50)
    /// While something is not decided, time alone may decide it.
    private static let settlingPause: Duration = .seconds(1)
    /// The last words of a broker: Kafka says why it ends within some ten lines, a stack trace takes the others.
    private static let lines = 50
    /// Mail and plug-ins wait so long for the last lines of a container.
    private static let linesDeadline: Duration = .seconds(1)

    private let hosts: [HostName]
    private let ports: MonitorPorts
    private let rules: MonitorRules
    private let incidents: Incidents

    /// A monitor of `hosts`; `incidents` are those that an earlier one left open.
    public init(hosts: [HostName], ports: MonitorPorts, rules: MonitorRules, incidents: Incidents? = nil) {
        self.hosts = hosts
        self.ports = ports
        self.rules = rules
        self.incidents = incidents ?? Incidents(damping: rules.damping)
    }

    /// Watches until the task is cancelled.
    /// - Returns: the incidents as they stand, for the monitor that comes next.
    public func run() async -> Incidents {
        let tower = Watchtower(hosts: hosts, ports: ports, rules: rules, incidents: incidents)
        await withTaskGroup(of: Void.self) { group in
            for host in hosts {
                guard let renewal = tower.renewals[host] else { continue }
                group.addTask { await HostWatcher(host: host, ports: ports, tower: tower, renewal: renewal).run() }
            }
            group.addTask { await look(tower) }
            group.addTask { await judge(tower) }
            await group.waitForAll()
        }
        return await tower.memory
    }

    private func look(_ tower: Watchtower) async {
        while !Task.isCancelled {
            let asked = ports.clock.uptime()
            do {
                await tower.looked(try await ports.health.look(), asked: asked)
            } catch {
                if Task.isCancelled { return }
                await tower.lookFailed("\(error)")
            }
            let pause = await tower.lookPause
            await first(
                of: { try? await ports.clock.sleep(for: pause) },
                {
                    let earliest = asked + Self.shortestLookPause - ports.clock.uptime()
                    try? await ports.clock.sleep(for: max(.zero, earliest))
                    await tower.lookWish.wait()
                })
        }
    }

    private func judge(_ tower: Watchtower) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let isSettling = await tower.isSettling
                await first(
                    of: { await tower.news.wait() },
                    {
                        try? await ports.clock.sleep(
                            for: isSettling ? Self.settlingPause : max(rules.interval, Self.settlingPause))
                    })
                if Task.isCancelled { break }
                for (change, container) in await tower.judge() {
                    guard let (container, host) = container else {
                        tell(change)
                        continue
                    }
                    group.addTask {
                        var change = change
                        change.incident.evidence = await lastLines(of: container, on: host)
                        await tower.keep(change.incident.evidence, for: change.incident)
                        tell(change)
                    }
                }
                try? await ports.clock.sleep(for: Self.judgingPause)
            }
            group.cancelAll()
        }
    }

    private func tell(_ change: IncidentChange) { for receiver in ports.receivers { receiver.receive(change) } }

    private func lastLines(of container: ContainerObservation, on host: HostName) async -> [String] {
        await withTaskGroup(of: [String].self) { group in
            group.addTask {
                do throws(HostProblem) {
                    return try await ports.events.lastEnd(of: container, lines: Self.lines, on: host).output
                } catch { return ["(its last lines could not be read: \(error.reason))"] }
            }
            group.addTask {
                try? await ports.clock.sleep(for: Self.linesDeadline)
                return ["(its last lines could not be read in time)"]
            }
            defer { group.cancelAll() }
            return await group.next() ?? []
        }
    }

    /// Waits for one of two things.
    private func first(
        of one: @escaping @Sendable () async -> Void, _ other: @escaping @Sendable () async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await one() }
            group.addTask { await other() }
            await group.next()
            group.cancelAll()
        }
    }
}
