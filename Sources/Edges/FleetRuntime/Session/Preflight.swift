public import FleetConfiguration
public import FleetModel
public import HealthRules
public import Observation
import Operations
public import OperationModel

/// How hosts meet the clauses, and what could be done about those that they do not.
public struct PreflightResult: Sendable {
    /// The findings: the techhost first, then the hosts that were asked for.
    public var findings: [ClauseFinding]
    /// What would meet the clauses that they fail, in the order of the findings.
    public var fixes: [PlannedFix]
}

/// What would meet one clause on one host.
public struct PlannedFix: Sendable {
    /// The clause's number.
    public let clause: String
    /// The host.
    public let host: HostName
    let changes: [HostChange]

    init(_ fix: ClauseFix) { (clause, host, changes) = (fix.clause, fix.host, fix.changes) }

    /// What is changed, for people.
    public var title: String { changes.map(\.title).joined(separator: ", ") }
    /// The lines of shell that are run, as root.
    public var commands: [String] { changes.flatMap(\.commands) }
    /// Whether it counts only after a reboot.
    public var needsReboot: Bool { changes.contains(where: \.needsReboot) }
}

extension FleetSession {
    /// Looks at techhost and hosts, and judges them by the clauses of `assumptions.txt`, with the nodes that are or would
    /// be on them.
    /// - Parameters:
    ///   - hosts: those that are judged; all are looked at, since some clauses compare them.
    ///   - directory: the fleet directory, whose template may meet a clause.
    ///   - clauses: those to fix; empty: all that can be.
    ///   - bandwidth: whether the network between the hosts is measured too.
    /// - Returns: the findings and what would help.
    /// - Throws: what the journal refuses.
    public func preflight(
        _ hosts: [HostName], directory: FleetDirectory, fixing clauses: Set<String> = [],
        bandwidth: Bool = false
    ) async throws(StoreError) -> PreflightResult {
        async let techhost = techhostFacts()
        let surveys = await survey()
        let present = try storedLayout() ?? rememberedLayout(surveys).value
        // What can't be laid out is bootstrap's to refuse; hosts are judged by what is there then.
        let layout = (try? extend(present, surveys, Self.randomBytes)) ?? present
        let peers = await PeerSurvey.survey(surveys, layout: layout, hosts: ports.hostControl)
        let template = try? ComposeTemplate.load(directory: directory)
        var look = PreflightLook(
            fleet: fleet, surveys: surveys, peers: peers, techhost: await techhost, layout: layout,
            boundsLogs: template?.boundsLogs, openFiles: template?.openFiles)
        // After the others have looked at each other: it would hide what they look for.
        if bandwidth { look.bandwidth = await BandwidthSurvey.measure(surveys, hosts: ports.hostControl) }
        let known = Set(fleet.hosts.map(\.host))
        let findings = Assumptions.judge(look).filter { hosts.contains($0.host) || !known.contains($0.host) }
        return PreflightResult(
            findings: findings, fixes: Assumptions.fixes(look, for: findings, clauses: clauses).map(PlannedFix.init))
    }

    /// The fleet with a number for every `brokers: auto` of a host that told what it is.
    func sized(_ surveys: [HostSurvey]) -> FleetSpecification {
        fleet.sized { host in
            let machine = surveys.first { $0.host == host }.flatMap { (try? $0.answers.get())?.machine }
            guard let cores = machine?.cores, let memory = machine?.memory else { return nil }
            return (cores: cores, memory: memory)
        }
    }

    private func techhostFacts() async -> TechhostFacts? {
        async let mail = MailReach(fleet).problem()
        guard
            var facts = try? await ports.hostControl.techhost(
                state: place.state, looksUp: fleet.hosts.map(\.host))
        else { return nil }
        facts.errands = TechhostErrands(
            archive: fleet.cluster.imageArchive.flatMap(Self.defect(ofFile:)), mail: await mail,
            idlePrograms: OperatorPrograms(FleetDirectory(path: place.directory)).idle)
        return facts
    }

    /// Judges hosts by the clauses that stop a bootstrap. The hosts are asked about each other only while there is a node
    /// to be made: those that run have found each other.
    func blockingClauses(_ surveys: [HostSurvey], _ layout: ClusterLayout) async -> [ClauseFinding] {
        let known = Set(surveys.flatMap { $0.seenContainers.compactMap(\.node) })
        let isWhole = layout.nodes.allSatisfy { known.contains($0.id) }
        let peers =
            isWhole ? nil : await PeerSurvey.survey(surveys, layout: layout, hosts: ports.hostControl)
        return Assumptions.judge(
            PreflightLook(fleet: fleet, surveys: surveys, peers: peers, layout: layout), onlyBlocking: true)
    }

    /// What each host itself needs before Kafka is placed on it.
    /// - Throws: `ConfigurationError` when k/provision.sh is there and can't be read.
    func provisioning(
        _ surveys: [HostSurvey], _ layout: ClusterLayout, _ directory: FleetDirectory
    ) throws -> [HostName: [HostChange]] {
        let provisioning = Provisioning(fleet: fleet, layout: layout, script: try directory.provisioningScript())
        return Dictionary(
            surveys.map { ($0.host, provisioning.changes(for: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Makes the changes of one fix on its host, in order, until one fails.
    /// - Parameters:
    ///   - fix: what is to be changed.
    ///   - progress: is told what is being done.
    /// - Throws: `HostProblem` of the change that failed; those before it stay.
    public func make(
        _ fix: PlannedFix, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        for change in fix.changes {
            await progress("\(fix.host): \(change.title)")
            guard try await !ports.hostControl.holds(change, on: fix.host) else { continue }
            try await ports.hostControl.make(change, on: fix.host) { await progress("\(fix.host): \($0)") }
        }
    }
}
