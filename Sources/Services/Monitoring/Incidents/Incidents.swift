public import FleetModel
public import HealthRules

/// Findings over time, folded into incidents: opened, changed and closed once each. A value that only decides.
///
/// ```
/// (none) ─ found ─▶ pending ─ still found after its rule's delay ─▶ open ─ gone ─▶ quiet ─ for long enough ─▶ (closed)
///    ▲                 │                                             ▲              │
///    └───── gone ──────┘                                             └── found ─────┘
/// ```
/// Level-triggered: what counts is what holds now, and a finding that could not be looked for changes nothing.
public struct Incidents: Sendable {
    private enum Phase: Hashable, Sendable {
        case pending(since: Duration)
        case open
        case quiet(since: Duration)
    }

    private struct Record: Sendable {
        var incident: Incident
        var phase: Phase
    }

    private let damping: Damping
    private var records: [Incident.Key: Record] = [:]
    /// When incidents of a key were opened or came back, as far as that counts for flapping.
    private var appearances: [Incident.Key: [Duration]] = [:]
    private var number = 0

    /// No incident yet.
    public init(damping: Damping = Damping()) { self.damping = damping }

    /// What was looked at.
    public struct Look: Sendable {
        /// What was found.
        public var findings: [Finding]
        /// Hosts that could not be looked at: incidents about them stay as they are.
        public var blindHosts: Set<HostName>
        /// Rules that could not be judged: incidents of theirs stay as they are.
        public var blindRules: Set<String>
        /// What is caused by an operation of ours, or follows from something else: it opens nothing and closes nothing.
        public var isExpected: @Sendable (Finding) -> Bool
        /// When Kafka was asked, by the clock that never goes back: what passes by itself is judged by looks, not by time.
        public var askedAt: Duration

        /// A look of these parts.
        public init(
            findings: [Finding], askedAt: Duration, blindHosts: Set<HostName> = [], blindRules: Set<String> = [],
            isExpected: @escaping @Sendable (Finding) -> Bool = { _ in false }
        ) {
            self.findings = findings
            self.askedAt = askedAt
            self.blindHosts = blindHosts
            self.blindRules = blindRules
            self.isExpected = isExpected
        }
    }

    /// Takes a look in.
    /// - Parameters:
    ///   - look: what was found.
    ///   - now: the wall clock, for what is written down.
    ///   - uptime: a clock that never goes back, for everything that lasts.
    /// - Returns: what is to be told, the worst first.
    public mutating func take(_ look: Look, now: Timestamp, uptime: Duration) -> [IncidentChange] {
        forget(uptime)
        var changes: [IncidentChange] = []
        var found: Set<Incident.Key> = []
        // What is only listed is no incident.
        for finding in look.findings where finding.severity > .ok {
            let key = Incident.Key(finding)
            guard found.insert(key).inserted else { continue }
            let instant = damping.isPassing(key.rule) ? look.askedAt : uptime
            let isExpected = finding.follows != nil || look.isExpected(finding)
            if let change = appear(key, finding, isExpected, now, instant) { changes.append(change) }
        }
        for (key, record) in records where !found.contains(key) {
            let isUnseen =
                look.blindRules.contains(key.rule)
                || record.incident.finding.host.map { look.blindHosts.contains($0) } ?? false
            let instant = damping.isPassing(key.rule) ? look.askedAt : uptime
            if let change = disappear(key, record, isUnseen, now, instant) { changes.append(change) }
        }
        return changes.sorted {
            ($1.incident.severity, $0.incident.key) < ($0.incident.severity, $1.incident.key)
        }
    }

    /// The incidents that are open, the worst first.
    public var open: [Incident] {
        records.values.filter {
            if case .pending = $0.phase { return false }
            return true
        }
        .map(\.incident).sorted { ($1.severity, $0.key) < ($0.severity, $1.key) }
    }

    /// Whether something is not decided yet: looking again soon decides it.
    public var isSettling: Bool { records.values.contains { $0.phase != .open } }

    /// Keeps the lines of a container that died with its incident.
    public mutating func keep(_ evidence: [String], for id: String) {
        guard let key = records.first(where: { $0.value.incident.id == id })?.key else { return }
        records[key]?.incident.evidence = evidence
    }

    private mutating func appear(
        _ key: Incident.Key, _ finding: Finding, _ isExpected: Bool, _ now: Timestamp, _ uptime: Duration
    ) -> IncidentChange? {
        guard var record = records[key] else {
            guard !isExpected, records.count < damping.mostIncidents else { return nil }
            let incident = Incident(id: "", key: key, finding: finding, openedAt: now, changedAt: now)
            records[key] = Record(incident: incident, phase: .pending(since: uptime))
            return damping.delay(key.rule) > .zero ? nil : open(key, now, uptime)
        }
        let before = record.incident.finding
        record.incident.finding = finding
        var isTold = false
        switch record.phase {
        case .pending(let since):
            // What an operation causes gets its time anew once the operation is over.
            if isExpected { record.phase = .pending(since: uptime) }
            records[key] = record
            return !isExpected && uptime - since >= damping.delay(key.rule) ? open(key, now, uptime) : nil
        case .open:
            isTold = before.severity != finding.severity && !isExpected
        case .quiet:
            record.phase = .open
            appearances[key, default: []].append(uptime)
            isTold = isFlapping(key) && !record.incident.isFlapping
            if isTold { record.incident.isFlapping = true }
        }
        if isTold { record.incident.changedAt = now }
        records[key] = record
        return isTold ? IncidentChange(kind: .changed, incident: record.incident, at: now) : nil
    }

    private mutating func open(_ key: Incident.Key, _ now: Timestamp, _ uptime: Duration) -> IncidentChange? {
        guard var record = records[key] else { return nil }
        number += 1
        appearances[key, default: []].append(uptime)
        record.phase = .open
        record.incident.id = "\(now.milliseconds / 1000)-\(number)"
        record.incident.isFlapping = isFlapping(key)
        (record.incident.openedAt, record.incident.changedAt) = (now, now)
        records[key] = record
        return IncidentChange(kind: .opened, incident: record.incident, at: now)
    }

    private mutating func disappear(
        _ key: Incident.Key, _ record: Record, _ isUnseen: Bool, _ now: Timestamp, _ uptime: Duration
    ) -> IncidentChange? {
        switch record.phase {
        case .pending:
            if !isUnseen { records[key] = nil }
        case .open:
            if !isUnseen { records[key]?.phase = .quiet(since: uptime) }
        case .quiet(let since):
            if isUnseen {
                records[key]?.phase = .open
            } else if uptime - since >= damping.quiet(record.incident.isFlapping) {
                records[key] = nil
                var incident = record.incident
                incident.changedAt = now
                return IncidentChange(kind: .closed, incident: incident, at: now)
            }
        }
        return nil
    }

    private func isFlapping(_ key: Incident.Key) -> Bool { (appearances[key]?.count ?? 0) >= damping.flaps }

    private mutating func forget(_ uptime: Duration) {
        for (key, times) in appearances {
            let kept = times.filter { uptime - $0 < damping.memory }
            appearances[key] = kept.isEmpty ? nil : kept
        }
    }
}

/// How much has to happen before something is told.
public struct Damping: Sendable {
    /// Found so long, what passes by itself is told: two observations at the usual interval, or a broker's start.
    public var settle: Duration = .seconds(20)
    /// Gone so long, an incident is over.
    public var quiet: Duration = .seconds(10)
    /// Gone so long, one that flaps is over.
    public var longQuiet: Duration = .seconds(300)
    /// So many appearances within `memory` are flapping.
    public var flaps = 4
    /// How long an appearance counts.
    public var memory: Duration = .seconds(900)
    /// More than a fleet of the largest size can have of wrong containers, so that memory stays bounded.
    public var mostIncidents = 10_000

    /// The usual damping.
    public init() {}

    /// Rules whose findings come and go while brokers start, elect and catch up.
    private static let passing: Set<String> = [
        "broker-fenced", "broker-missing", "broker-ghost", "canary-failed", "canary-slow",
        "partitions-under-replicated",
        "partitions-under-min-isr", "partitions-offline", "quorum-voter-lagging", "quorum-unknown", "no-controller",
        "cluster-unreachable", "log-directories-unknown", "reassignment-orphan", "throttle-leftover", "broker-cordoned",
        "container-missing", "container-leftover", "config-drift", "layout-drift", "image-drift", "clock-skew",
    ]

    func isPassing(_ rule: String) -> Bool { Self.passing.contains(rule) }
    func delay(_ rule: String) -> Duration { isPassing(rule) ? settle : .zero }
    func quiet(_ isFlapping: Bool) -> Duration { isFlapping ? longQuiet : quiet }
}
