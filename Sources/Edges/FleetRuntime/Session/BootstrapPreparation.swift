public import FleetConfiguration
import FleetModel
import Glibc
public import HealthRules
import Observation
import Operations
public import OperationModel

/// Everything about a bootstrap that can be known before anything is changed.
public struct BootstrapPreparation: Sendable {
    /// How each host meets each clause.
    public var clauses: [ClauseFinding]
    /// What forbids it; empty when it can be done.
    public var blockers: [Blocker]
    /// What will be done; nil when it is forbidden.
    public var plan: OperationPlan?
    /// The steps whose effect is not there yet; empty when there is nothing to do.
    public var needed: Set<StepID>
    /// Nodes whose configuration would be another one by now, which bootstrap leaves as it is.
    public var drift: [Finding]
}

extension FleetSession {
    /// Looks at every host, lays the cluster out, proves that it can be done and plans it. Changes nothing.
    /// - Parameters:
    ///   - arguments: the command's arguments, for the journal.
    ///   - reason: the operator's reason.
    ///   - canary: whether a record is to be sent through every broker at the end.
    ///   - service: whether the containers are to start and stop with their hosts.
    ///   - provisions: whether hosts get what a bare Debian lacks.
    ///   - directory: the fleet directory, whose Compose template is stamped.
    ///   - randomBytes: gives bytes for the ids of a new cluster.
    /// - Returns: what would be done, or what forbids it.
    /// - Throws: `StoreError` of the journal; `ConfigurationError` of the template.
    public func prepareBootstrap(
        arguments: [String], reason: String?, canary: Bool, service: Bool = true, provisions: Bool = false,
        directory: FleetDirectory,
        randomBytes: (Int) -> [UInt8] = FleetSession.randomBytes
    ) async throws -> BootstrapPreparation {
        let surveys = await survey()
        let present = try storedLayout() ?? rememberedLayout(surveys).value
        let layout: ClusterLayout
        do {
            layout = try extend(present, surveys, randomBytes)
        } catch let error as LayoutError {
            return BootstrapPreparation(
                clauses: Assumptions.judge(
                    PreflightLook(fleet: fleet, surveys: surveys, layout: nil), onlyBlocking: true),
                blockers: [
                    Blocker(
                        code: error.code, object: "cluster \(fleet.cluster.name)", reason: error.description,
                        remedy: error.remedy)
                ], plan: nil, needed: [], drift: [])
        }
        let clauses = await blockingClauses(surveys, layout)
        let provisioning = provisions ? try self.provisioning(surveys, layout, directory) : [:]
        var blockers =
            Provisioning.remaining(Assumptions.blockers(clauses), provisioned: provisioning)
            + Provisioning.diskBlockers(surveys, fleet: fleet, provisioned: provisioning)
        if blockers.isEmpty, let present { blockers = await lostDirectories(surveys, present) }
        if blockers.isEmpty, let blocker = await missingArchive(layout) { blockers = [blocker] }
        if blockers.isEmpty, let blocker = try halfRemoved(surveys, layout) { blockers = [blocker] }
        let returned = try returned(surveys, layout)
        if blockers.isEmpty { blockers = await stillHolding(returned, layout) }
        guard blockers.isEmpty else {
            return BootstrapPreparation(clauses: clauses, blockers: blockers, plan: nil, needed: [], drift: [])
        }
        let files = try renderFiles(layout, directory: directory)
        var bootstrap = Bootstrap(
            fleet: fleet, layout: layout, surveys: surveys, files: files, canary: canary, service: service,
            now: clock.now(), provisioning: provisioning)
        bootstrap.returned = returned
        let plan = try bootstrap.plan(arguments: arguments, reason: reason)
        return BootstrapPreparation(
            clauses: clauses, blockers: [], plan: plan, needed: try await probe(plan, isNew: present == nil),
            drift: drift(surveys, layout, files))
    }

    /// Nodes that a removal has stopped before it was left half way: started again they would be neither in nor out.
    private func halfRemoved(_ surveys: [HostSurvey], _ layout: ClusterLayout) throws(StoreError) -> Blocker? {
        guard let journal = try place.existingJournal(), let left = try journal.resumable(fleet.cluster.name) else {
            return nil
        }
        let alive = Set(surveys.flatMap(\.seenContainers).filter(\.isAlive).compactMap(\.node))
        let nodes = try journal.stoppedForGood(by: left, of: layout.nodes).filter { !alive.contains($0.id) }
            .map { "\($0.role.rawValue) \($0.id)" }
        guard !nodes.isEmpty else { return nil }
        return Blocker(
            code: "operation-interrupted", object: "operation \(left.id) (\(left.plan.commandLine))",
            reason: "it was left half way, and what it has stopped for good would be started again: "
                + nodes.joined(separator: ", ") + "; to give it up instead: gantry operation abort \(left.id)",
            remedy: "gantry operation resume \(left.id)")
    }

    /// Containers of retired nodes that run again on hosts that carry nothing else: such a host was taken out as gone.
    private func returned(_ surveys: [HostSurvey], _ layout: ClusterLayout) throws(StoreError) -> [NodePlacement] {
        let retired = Set(try self.retired(surveys).ids)
        return surveys.filter { layout.nodes(on: $0.host).isEmpty }.flatMap { survey in
            survey.seenContainers.compactMap { container in
                guard let node = container.node, let role = container.role, retired.contains(node) else { return nil }
                return NodePlacement(id: node, role: role, host: survey.host, port: 0, dataDirectories: [])
            }
        }.sorted { $0.id < $1.id }
    }

    /// Brokers that came back and on which something was placed meanwhile: they must be drained, which is another operation.
    private func stillHolding(_ returned: [NodePlacement], _ layout: ClusterLayout) async -> [Blocker] {
        let brokers = returned.filter { $0.role == .broker }.map(\.id)
        guard !brokers.isEmpty else { return [] }
        let load = await ports.cluster.observe(layout, detail: .listing).value?.partitions.value?.load() ?? [:]
        let holding = brokers.filter { load[$0, default: BrokerLoad()].replicas > 0 }
        return holding.map { broker in
            Blocker(
                code: "broker-not-empty", object: "broker \(broker)",
                reason: "it was removed for good, came back with its host, and since then "
                    + counted(load[broker, default: BrokerLoad()].replicas, "replica", "was", "were")
                    + " assigned to it",
                remedy: "gantry removebroker \(holding.map(\.description).joined(separator: ","))")
        }
    }

    /// The layout with what `virthosts` adds to it; ports that something else holds are stepped over only for nodes
    /// whose port nobody chose: here the operator's first port counts, so a taken one is a blocker and not a surprise.
    func extend(
        _ present: ClusterLayout?, _ surveys: [HostSurvey], _ randomBytes: (Int) -> [UInt8]
    ) throws -> ClusterLayout {
        let memory = try self.retired(surveys)
        let fleet = sized(surveys)
        let retired = Set(memory.ids)
        func directoryID(_: NodeID) -> DirectoryID {
            while true { if let id = DirectoryID(bytes: randomBytes(16)) { return id } }
        }
        if let present {
            // A host that was emptied and has brokers again is not asked about: it has them.
            return try present.extended(
                for: fleet, except: Set(memory.emptied), directoryIDs: directoryID, retired: retired)
        }
        while true {
            guard let clusterID = ClusterID(bytes: randomBytes(16)) else { continue }
            return try ClusterLayout.initial(
                for: fleet, clusterID: clusterID, directoryIDs: directoryID, retired: retired)
        }
    }

    /// Nodes that have run and whose directories are not there. Hosts and Kafka are asked only where a survey lacks one, which
    /// it also does where `data:` names other directories by now.
    private func lostDirectories(_ surveys: [HostSurvey], _ layout: ClusterLayout) async -> [Blocker] {
        let suspects = LostDirectories.suspects(surveys, layout)
        guard !suspects.isEmpty else { return [] }
        let seen = await ports.cluster.observe(layout, detail: .minimal).value
        let lost = LostDirectories(
            surveys, layout, cluster: seen.flatMap { $0.clusterID == layout.clusterID ? $0 : nil })
        let (name, hosts) = (fleet.cluster.name, ports.hostControl)
        return await mapBounded(suspects, width: Observer.width) { node -> Blocker? in
            guard let answers = try? await node.directories(of: name, from: hosts) else { return nil }
            return lost.blocker(node, lacking: answers.unformatted(node))
        }.compactMap { $0 }
    }

    /// An archive that can't be read is said before anything is changed, where a host needs it.
    private func missingArchive(_ layout: ClusterLayout) async -> Blocker? {
        guard let archive = fleet.cluster.imageArchive, let reason = Self.defect(ofFile: archive) else { return nil }
        let image = fleet.cluster.image
        let control = ports.containerControl
        let hosts = fleet.hosts.map(\.host).filter { !layout.nodes(on: $0).isEmpty }
        let lacking = await mapBounded(hosts, width: Observer.width) { host -> HostName? in
            do throws(HostProblem) { return try await control.image(image, on: host) == nil ? host : nil } catch {
                return host
            }
        }.compactMap { $0 }
        guard let first = lacking.first else { return nil }
        let others = lacking.count > 1 ? " and \(lacking.count - 1) more" : ""
        return Blocker(
            code: "image-archive-missing", object: "image_archive \(archive)",
            reason: "it can't be read (\(reason)), and \(first)\(others) lack\(others.isEmpty ? "s" : "") \(image)",
            remedy: "docker save \(image) | gzip > \(archive), or name another file in image_archive of defaults.cfg")
    }

    /// Why the file can't be read; nil where it can.
    static func defect(ofFile path: String) -> String? {
        var status = stat()
        guard access(path, R_OK) == 0, stat(path, &status) == 0 else { return String(cString: strerror(errno)) }
        return status.st_mode & S_IFMT == S_IFREG ? nil : "it is not a file"
    }

    /// 16 and more bytes of the system's own generator.
    public static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// The steps that are to be taken. A new cluster needs all of them, and nobody has to be asked.
    private func probe(_ plan: OperationPlan, isNew: Bool) async throws -> Set<StepID> {
        let all = Set(plan.steps.map(\.id))
        return isNew ? all : all.subtracting(try await satisfied(plan.steps))
    }

    /// The steps that bring an image to a host that has it.
    /// - Throws: what the journal refuses.
    public func imagesThere(for steps: [StepRecord]) async throws(StoreError) -> Set<StepID> {
        try await satisfied(steps.filter { $0.kind == BringImage.kind })
    }

    /// Asks steps whether their effect is there. A probe that fails is for the worker to say: it has the journal to say it in.
    private func satisfied(_ steps: [StepRecord]) async throws(StoreError) -> Set<StepID> {
        let memory: any FleetMemory =
            try place.existingJournal().map { JournalMemory(store: $0, lease: nil) } ?? EmptyMemory()
        let context = StepContext(world: world(memory), cluster: fleet.cluster.name) { _ in }
        let found = await mapBounded(steps, width: Observer.width) { record -> StepID? in
            guard let step = try? StepCatalog.step(record), case .satisfied = try? await step.probe(context) else {
                return nil
            }
            return record.id
        }
        return Set(found.compactMap { $0 })
    }

    /// What the rule of running nodes that would be configured otherwise by now says of these hosts.
    private func drift(
        _ surveys: [HostSurvey], _ layout: ClusterLayout, _ files: [HostName: HostFiles]
    ) -> [Finding] {
        let hosts = surveys.map { HostObservation(host: $0.host, state: .ok, containers: $0.seenContainers) }
        let snapshot = Snapshot(
            takenAt: clock.now(), took: .zero, hosts: hosts, cluster: .unknown(reason: "not asked"), canaries: [])
        let context = HealthContext(
            cluster: fleet.cluster.name, expected: layout, snapshot: snapshot,
            configuration: .known(files.digests),
            fleet: fleet)
        return HealthRules.drift(in: context)
    }
}
