import FleetModel
import HealthRules
import Observation

/// What all watchers and looks have seen, put together and judged.
actor Watchtower {
    /// Containers as they were listed, and when that was asked for.
    private struct Seen {
        var observation: HostObservation
        var asked: Duration
    }

    /// A restart that Docker did by itself.
    private struct Restart {
        var host: HostName
        var container: ContainerObservation
        var exitCode: Int32?
        var forMemory: Bool
        var at: Duration
    }

    /// A run that short after a restart is still part of its incident.
    private static let restartMemory: Duration = .seconds(60)

    private let ports: MonitorPorts
    private let rules: MonitorRules
    private let startedAt: Timestamp
    private var sights: [HostName: HostSight]
    private var seen: [HostName: Seen] = [:]
    private var context: HealthContext?
    private var contextAsked: Duration = .zero
    private var lookedAt: Timestamp?
    private var lookProblem: String?
    private var incidents: Incidents
    private var operation: OperationAtWork?
    /// How processes ended, by the container's name, as events told: Docker forgets both when it restarts one.
    private var ends: [String: (exitCode: Int32?, at: Duration)] = [:]
    private var kills: [String: Duration] = [:]
    private var restarts: [String: Restart] = [:]
    private var disks = DiskTrend()
    private var openedTotal = 0
    private var eventsTotal = 0
    private var unheardTotal = 0

    /// Rings when there is something to judge.
    nonisolated let news = Doorbell()
    /// Rings when the whole should be looked at soon.
    nonisolated let lookWish = Doorbell()
    nonisolated let renewals: [HostName: Doorbell]

    init(hosts: [HostName], ports: MonitorPorts, rules: MonitorRules, incidents: Incidents) {
        self.ports = ports
        self.rules = rules
        self.incidents = incidents
        let now = ports.clock.now()
        startedAt = now
        sights = Dictionary(
            hosts.map { ($0, HostSight(host: $0, now: now)) }, uniquingKeysWith: { first, _ in first })
        renewals = Dictionary(hosts.map { ($0, Doorbell()) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: What watchers tell

    func checkpoint(_ host: HostName) -> EventTime? { sights[host]?.checkpoint }

    func pause(_ host: HostName) -> Duration { sights[host]?.pause(chance: ports.chance()) ?? HostSight.longestPause }

    func told(_ host: HostName, _ event: ContainerEvent) {
        eventsTotal += 1
        sights[host]?.told(event)
        switch event.action {
        case "die": ends[event.container] = (event.exitCode, ports.clock.uptime())
        case "oom": kills[event.container] = ports.clock.uptime()
        case "destroy":
            ends[event.container] = nil
            kills[event.container] = nil
        default: break
        }
        if rules.logsEvents { ports.log.write(LogLine.event(event, on: host, at: ports.clock.now())) }
    }

    func garbled(_ host: HostName, _ words: String) {
        sights[host]?.garbled += 1
        if rules.logsEvents { ports.log.write(LogLine.garbled(words, on: host, at: ports.clock.now())) }
    }

    func listed(_ host: HostName, _ facts: ContainerFacts, asked: Duration) {
        let before = seen[host]?.observation
        let wasBlind = sights[host]?.isWatched == false
        sights[host]?.listed(at: ports.clock.now(), asked: asked)
        if wasBlind { tellSight(host) }
        let observation = HostObservation(
            host: host, state: .ok, docker: facts.docker,
            containers: facts.containers.sorted { ($0.node?.rawValue ?? .max) < ($1.node?.rawValue ?? .max) },
            disks: before?.disks ?? [], retired: before?.retired ?? [], skew: before?.skew)
        note(restartsFrom: before, to: observation)
        seen[host] = Seen(observation: observation, asked: asked)
        // What a container does, its cluster feels: Kafka is asked soon.
        if before?.containers.map(\.life) != observation.containers.map(\.life) { lookWish.ring() }
        news.ring()
    }

    /// The subscription is over: nil, by the daemon's doing.
    func lost(_ host: HostName, _ problem: HostProblem?) {
        guard problem?.code != "cancelled", let before = sights[host] else { return }
        let now = ports.clock.now()
        sights[host]?.lost(problem?.reason ?? "Docker ended the stream of events", at: now)
        if before.isWatched || before.failures == 0 { tellSight(host) }
        // A connection that breaks is made anew at once; only where that fails, something is wrong with the host.
        guard before.failures > 0, let problem else { return }
        let state: HostState =
            problem.unreachable
            ? .unreachable(reason: problem.reason, remedy: problem.remedy)
            : .dockerDown(reason: problem.reason, remedy: problem.remedy)
        let old = seen[host]?.observation
        seen[host] = Seen(
            observation: HostObservation(
                host: host, state: state, disks: old?.disks ?? [], retired: old?.retired ?? []),
            asked: ports.clock.uptime())
        news.ring()
    }

    private func tellSight(_ host: HostName) {
        guard let sight = sights[host] else { return }
        ports.log.write(LogLine.sight(sight, at: ports.clock.now()))
    }

    private func note(restartsFrom before: HostObservation?, to now: HostObservation) {
        let earlier = Dictionary(
            (before?.containers ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let uptime = ports.clock.uptime()
        for container in now.containers {
            guard let old = earlier[container.id], container.restarts > old.restarts else { continue }
            restarts[container.id] = Restart(
                host: now.host, container: container, exitCode: ends[container.name]?.exitCode ?? old.exitCode,
                forMemory: container.oomKilled
                    || kills[container.name].map { uptime - $0 < Self.restartMemory } ?? false,
                at: uptime)
        }
    }

    // MARK: What looks tell

    func looked(_ context: HealthContext, asked: Duration) {
        self.context = context
        contextAsked = asked
        disks.take(context.snapshot.hosts, uptime: asked)
        lookedAt = ports.clock.now()
        lookProblem = nil
        for host in context.snapshot.hosts {
            guard let own = seen[host.host], own.asked >= asked else {
                if let own = seen[host.host], sights[host.host]?.isWatched == true, own.observation.state == .ok,
                    host.state == .ok, own.observation.containers.map(\.life) != host.containers.map(\.life)
                {
                    unheardTotal += 1
                    renewals[host.host]?.ring()
                }
                note(restartsFrom: seen[host.host]?.observation, to: host)
                if host.state == .ok { sights[host.host]?.observedAt = ports.clock.now() }
                seen[host.host] = Seen(observation: host, asked: asked)
                continue
            }
            // Newer than the look; only what a watcher does not see is taken from it.
            if !host.disks.isEmpty { seen[host.host]?.observation.disks = host.disks }
            seen[host.host]?.observation.retired = host.retired
            if let skew = host.skew { seen[host.host]?.observation.skew = skew }
        }
        news.ring()
    }

    func lookFailed(_ reason: String) {
        if lookProblem != reason { ports.log.write(LogLine.trouble(reason, at: ports.clock.now())) }
        lookProblem = reason
        news.ring()
    }

    /// How long until the whole is looked at again: sooner where that decides something.
    var lookPause: Duration { incidents.isSettling ? min(rules.interval, Self.settlingPause) : rules.interval }

    private static let settlingPause: Duration = .seconds(10)

    // MARK: Judging

    /// Whether time alone may decide something.
    var isSettling: Bool { incidents.isSettling || !restarts.isEmpty }

    /// Judges what is seen now.
    /// - Returns: what is to be told to others; the log has it already.
    func judge() async -> [(change: IncidentChange, container: (ContainerObservation, HostName)?)] {
        operation = await ports.health.operationAtWork()
        guard let context else {
            publish(nil)
            return []
        }
        var snapshot = context.snapshot
        for index in snapshot.hosts.indices {
            if let own = seen[snapshot.hosts[index].host] { snapshot.hosts[index] = own.observation }
        }
        let present = context.with(snapshot, operationRunning: operation != nil)
        let uptime = ports.clock.uptime()
        // One death is one incident, whether it was seen while the container was down or only afterwards.
        let dead = Set(incidents.open.filter { $0.key.rule.hasSuffix("container-dead") }.map(\.key.subject))
        restarts = restarts.filter {
            uptime - $0.value.at < Self.restartMemory && !dead.contains(Self.subject(of: $0.value.container))
        }
        let findings =
            HealthRules.findings(in: present) + restarts.values.map { finding($0, present) } + disks.findings
            + [await ports.health.operationLeft()].compactMap(\.self)
        let (operation, isExplained) = (operation, Consequences.explained(in: present))
        let changes = incidents.take(
            Incidents.Look(
                findings: findings, askedAt: contextAsked,
                blindHosts: Set(snapshot.hosts.filter { $0.state != .ok }.map(\.host)),
                blindRules: HealthRules.blind(in: present),
                isExpected: { isExplained.contains($0.rule) || operation?.explains($0) ?? false }),
            now: ports.clock.now(), uptime: uptime)
        for change in changes {
            if change.kind == .opened { openedTotal += 1 }
            ports.log.write(LogLine.change(change))
        }
        publish(present)
        return changes.map { change in
            (change, change.kind == .opened ? Self.container(of: change.incident, in: snapshot) : nil)
        }
    }

    /// Keeps the last lines of a container that died with its incident.
    func keep(_ evidence: [String], for incident: Incident) {
        incidents.keep(evidence, for: incident.id)
        let now = ports.clock.now()
        for line in evidence { ports.log.write(LogLine.evidence(line, of: incident, at: now)) }
    }

    private func finding(_ restart: Restart, _ context: HealthContext) -> Finding {
        let container = restart.container
        var words = "Docker restarted its container on \(restart.host), for the "
        words += container.restarts == 1 ? "first time" : "\(container.restarts)th time in a row"
        if let code = restart.exitCode { words += ", exit code \(code)" }
        if restart.forMemory {
            words += ", killed for memory"
        } else if restart.exitCode == 137 {
            words += " (an unclean stop: SIGKILL)"
        }
        return Finding(
            rule: "container-restarted", severity: .warning, subject: Self.subject(of: container),
            evidence: words,
            remedy: context.commands.line("docker logs --tail 200 \(container.name)", on: restart.host)
                + " shows what came before",
            host: restart.host)
    }

    private static func container(
        of incident: Incident, in snapshot: Snapshot
    ) -> (ContainerObservation, HostName)? {
        guard incident.finding.rule.hasSuffix("container-dead") || incident.finding.rule == "container-restarted" else {
            return nil
        }
        return snapshot.containers.first { subject(of: $0.container) == incident.finding.subject }.map {
            ($0.container, $0.host)
        }
    }

    /// As the rules name what runs in it: `broker 3`.
    private static func subject(of container: ContainerObservation) -> String {
        container.node.map { "\((container.role ?? .broker).rawValue) \($0)" } ?? "container \(container.name)"
    }

    private func publish(_ present: HealthContext?) { ports.state.publish(state(present)) }

    private func state(_ present: HealthContext?) -> MonitorState {
        MonitorState(
            startedAt: startedAt,
            isWatching: lookedAt != nil && sights.values.allSatisfy { $0.observedAt != nil || $0.failures > 0 },
            hosts: sights.values.sorted { $0.host < $1.host }, incidents: incidents.open, context: present,
            lookedAt: lookedAt, lookProblem: lookProblem, operation: operation, openedTotal: openedTotal,
            eventsTotal: eventsTotal, unheardTotal: unheardTotal)
    }

    /// What the next daemon goes on with, when the configuration has changed.
    var memory: Incidents { incidents }
}

/// What of a container's life an event tells of.
struct ContainerLife: Hashable {
    var id: String
    var state: ContainerState
    var startedAt: Timestamp?
    var restarts: Int
}

extension ContainerObservation {
    var life: ContainerLife { ContainerLife(id: id, state: state, startedAt: startedAt, restarts: restarts) }
}
