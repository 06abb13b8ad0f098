public import FleetConfiguration
public import FleetModel
public import HealthRules
import Monitoring
public import Observation
import Operations
public import OperationModel

/// A fleet with everything that is needed to look at it and to work on it, for as long as `with` runs.
public struct FleetSession: Sendable {
    /// The fleet as the operator wants it.
    public let fleet: FleetSpecification
    /// Its files on the techhost.
    public let place: FleetPlace
    /// Time.
    public let clock: any FleetClock
    let ports: FleetPorts

    /// Calls `body` with a session, and ends all connections and child processes when it returns or throws.
    public static func with<Result: Sendable>(
        _ fleet: FleetSpecification, place: FleetPlace,
        _ body: @Sendable (FleetSession) async throws -> Result
    ) async throws -> Result {
        if fleet.cluster.transport == .simulated {
            let (ports, clock) = try await simulatedPorts(fleet, place: place)
            return try await body(FleetSession(fleet: fleet, place: place, clock: clock, ports: ports))
        }
        let clock = SystemClock()
        return try await withPorts(fleet, clock: clock) { ports in
            try await body(FleetSession(fleet: fleet, place: place, clock: clock, ports: ports))
        }
    }

    /// The nodes of the cluster: the journal's, else what the hosts remember; unknown where nobody remembers any.
    public func layout() async throws(StoreError) -> Known<ClusterLayout> {
        if let layout = try storedLayout() { return .known(layout) }
        return rememberedLayout(await survey(.directories))
    }

    func storedLayout() throws(StoreError) -> ClusterLayout? {
        guard let journal = try place.existingJournal(),
            let text = try journal.value(LayoutMemory.key(of: fleet.cluster.name))
        else { return nil }
        do {
            return try LayoutMemory.layout(text)
        } catch {
            throw StoreError.unavailable(
                what: "reading the cluster's layout", file: place.journal, reason: "\(error)",
                remedy: "use the version of gantry that wrote it")
        }
    }

    /// What the hosts remember. They agree unless a techhost died between two of them, or one was down meanwhile: the larger
    /// one has what was added since, and what any of them knows as retired is gone.
    func rememberedLayout(_ surveys: [HostSurvey]) -> Known<ClusterLayout> {
        let layouts = surveys.compactMap(\.rememberedLayout)
        let retired = Set(surveys.flatMap { (try? $0.answers.get())?.retired ?? [] })
        let present = layouts.map { layout in
            ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { !retired.contains($0.id) })
        }
        if let latest = present.max(by: { $0.nodes.count < $1.nodes.count }) { return .known(latest) }
        return .unknown(reason: "it has not been bootstrapped from here")
    }

    /// The fleet as steps of operations see it; what outlives them is kept in `memory`.
    func world(_ memory: any FleetMemory, images: ImageSpread = ImageSpread()) -> OperationWorld {
        OperationWorld(
            hosts: ports.hostControl, hostSource: ports.hostSource, containers: ports.containerControl,
            containerSource: ports.containerSource, cluster: ports.cluster, control: ports.clusterControl,
            memory: memory, clock: clock, commands: HostCommands(fleet), images: images)
    }

    func survey(_ scope: HostQuestion.Scope = .everything) async -> [HostSurvey] {
        await HostSurvey.survey(fleet, hosts: ports.hostControl, containers: ports.containerSource, scope: scope)
    }

    /// Looks at everything and judges it.
    /// - Parameters:
    ///   - canary: whether a record is sent through every broker.
    ///   - directory: the fleet directory, whose template tells how each node should be configured.
    ///   - mistake: what is wrong with `defaults.cfg` now, where the fleet is the one that was last in use.
    /// - Returns: what was seen, judged.
    /// - Throws: what the journal refuses.
    public func status(
        canary: Bool, directory: FleetDirectory, mistake: String? = nil
    ) async throws(StoreError) -> ClusterStatus {
        let context = try await look(canary: canary, directory: directory, mistake: mistake)
        return ClusterStatus(
            fleet: fleet, layout: context.expected, context: context,
            findings: try softened(HealthRules.findings(in: context)))
    }

    /// Looks at everything, as `status` does; the daemon judges for itself.
    func look(
        canary: Bool, directory: FleetDirectory, mistake: String?
    ) async throws(StoreError) -> HealthContext {
        let layout = try await layout()
        let observer = Observer(
            hosts: ports.hostSource, containers: ports.containerSource, cluster: ports.cluster, clock: clock)
        let hosts = fleet.hosts.map(\.host)
        // A host that left virthosts may still carry nodes: it is looked at too.
        let others = Set(layout.value?.nodes.map(\.host) ?? []).subtracting(hosts).sorted()
        let snapshot = await observer.snapshot(
            Observer.Request(hosts: hosts + others, layout: layout, canary: canary))
        let running = try place.existingJournal()?.lease(of: fleet.cluster.name).map(\.holder.isAlive) ?? false
        let retired = try retired()
        return HealthContext(
            cluster: fleet.cluster.name, expected: layout.value,
            retired: Set(snapshot.hosts.flatMap(\.retired) + retired.ids),
            emptied: Set(retired.emptied), snapshot: snapshot,
            operationRunning: running, left: running ? nil : try leftInForce(snapshot),
            configuration: layout.value.map { configuration($0, directory) } ?? .known([:]),
            fleet: fleet, commands: HostCommands(fleet), mail: place.mailBacklog,
            techhost: place.troubles(mistake: mistake))
    }

    /// Stops what was removed for good, is back with its host, and serves nobody.
    /// - Parameter context: what was just seen.
    /// - Returns: each of them, with why it runs still where it does.
    func stopReturned(
        in context: HealthContext
    ) async -> [((host: HostName, container: ContainerObservation), problem: String?)] {
        let control = ports.containerControl
        return await mapBounded(ReturnedNodes.needless(in: context), width: Observer.width) { returned in
            do throws(HostProblem) {
                try await control.stop(returned.container, grace: Self.returnedGrace, on: returned.host)
                return (returned, nil)
            } catch { return (returned, error.reason) }
        }
    }

    /// It holds nothing, and the daemon looks at nothing else meanwhile.
    private static let returnedGrace: Duration = .seconds(20)

    /// The findings, those that an operation of ours at work causes as warnings.
    private func softened(_ findings: [Finding]) throws(StoreError) -> [Finding] {
        // Its events may be many: they are read where it matters.
        guard findings.severity == .critical, let journal = try place.existingJournal(),
            let record = try journal.atWork(on: fleet.cluster.name)
        else { return findings }
        let progress = OperationProgress.fold(record.plan, try journal.events(of: record.id))
        return OperationAtWork(id: record.id, progress: progress).softening(findings)
    }
}

extension FleetSession {
    /// What of the moves, throttles and cordons that were seen an operation of ours has left; looked for only where there are
    /// any.
    private func leftInForce(_ snapshot: Snapshot) throws(StoreError) -> LeftInForce? {
        let cluster = fleet.cluster.name
        guard let seen = snapshot.cluster.value,
            seen.reassignments.value?.isEmpty == false || seen.throttles.value?.isEmpty == false
                || seen.logDirectories.contains(where: { $0.directories.value?.contains(where: \.isCordoned) == true }),
            let journal = try place.existingJournal()
        else { return nil }
        for record in [try journal.resumable(cluster), try journal.leftMoving(cluster)].compactMap(\.self) {
            let left = LeftInForce(
                record.id, .fold(record.plan, try journal.events(of: record.id)),
                record: try journal.value(MoveMemory.key(of: cluster)),
                canGoOn: try journal.changed(since: record) == nil)
            if let left { return left }
        }
        return nil
    }

    /// The digest of each node's configuration as it would be rendered now.
    private func configuration(_ layout: ClusterLayout, _ directory: FleetDirectory) -> Known<[NodeID: String]> {
        do {
            return .known(try renderFiles(layout, directory: directory).digests)
        } catch {
            return .unknown(reason: "\(error)")
        }
    }
}

/// A snapshot, judged.
public struct ClusterStatus: Sendable {
    /// The fleet as the operator wants it.
    public let fleet: FleetSpecification
    /// The nodes that should be there, where anybody knows.
    public let layout: ClusterLayout?
    /// What was seen, with each broker's state.
    public let context: HealthContext
    /// What is wrong, the worst first.
    public let findings: [Finding]
    /// What was seen.
    public var snapshot: Snapshot { context.snapshot }

    /// A status of these parts.
    public init(fleet: FleetSpecification, layout: ClusterLayout?, context: HealthContext, findings: [Finding]) {
        self.fleet = fleet
        self.layout = layout
        self.context = context
        self.findings = findings
    }
}
