public import FleetConfiguration
public import FleetModel
import HealthRules
import Observation
import OperationModel
import Operations

/// What `removehost` may be told besides what every move may.
public struct HostRemovalWishes: Sendable {
    /// The hosts.
    public var hosts: [HostName]
    /// Whether their brokers are drained together.
    public var inOneBatch: Bool
    /// Whether data directories are deleted too.
    public var deletesData: Bool
    /// Whether those that do not answer are gone for good.
    public var areDead: Bool
    /// Whether what provisioning made is taken back, where that is safe.
    public var deprovisions: Bool
    /// Where each host stands in `defaults.cfg`, for people.
    public var places: [HostName: String]

    /// These wishes.
    public init(
        hosts: [HostName], inOneBatch: Bool, deletesData: Bool, areDead: Bool, deprovisions: Bool = false,
        places: [HostName: String]
    ) {
        self.deprovisions = deprovisions
        self.hosts = hosts
        self.inOneBatch = inOneBatch
        self.deletesData = deletesData
        self.areDead = areDead
        self.places = places
    }
}

extension FleetSession {
    /// Looks at everything, proves that hosts can be taken out, and plans it. Changes nothing.
    /// - Parameters:
    ///   - wishes: the hosts, and how they go.
    ///   - request: what moving data may be told.
    ///   - directory: the fleet directory.
    /// - Returns: what would be done, or what forbids it; without plan and blockers it is done already.
    /// - Throws: `StoreError` of the journal; `ConfigurationError` of template or Compose file; `StepFailure`.
    public func prepareHostRemoval(
        _ wishes: HostRemovalWishes, _ request: MoveRequest, directory: FleetDirectory
    ) async throws -> MovePreparation {
        let opening = try await opening(directory)
        var preparation = opening.preparation
        guard case .seen(let status, let layout) = opening else { return preparation }
        let options = moveOptions(request)
        // What comes for a controller is placed by what the hosts themselves tell, and what one that has no node keeps of
        // the cluster only itself can tell.
        let isToldByHosts = wishes.hosts.contains { host in
            let nodes = layout.nodes(on: host)
            return nodes.isEmpty || nodes.contains { $0.role == .controller }
        }
        let surveys = isToldByHosts ? await survey() : []
        let proofs = try removalProofs(wishes, request, status.snapshot, layout, surveys)
        let proof = proofs.hosts
        preparation.notes = proof.notes
        preparation.blockers = proofs.blockers
        guard preparation.blockers.isEmpty else { return preparation }
        let littered = proof.littered.map { HostRemoval.Leaving(host: $0, place: wishes.places[$0]) }
        guard let removal = proofs.brokers, let moves = removal.plan else {
            guard !littered.isEmpty else { return preparation }
            preparation.plan = try HostRemoval.cleaning(
                littered, fleet.cluster.name, layout.clusterID, arguments: request.arguments, reason: request.reason)
            return preparation
        }
        var controllers = try await replacement(proof, surveys, status, layout, directory)
        try await acquaint(&controllers, status.snapshot, layout, removal.dead, request, &preparation)
        guard preparation.blockers.isEmpty else { return preparation }
        preparation.notes += removal.notes
        preparation.moves = [moves]
        let brokers = layout.brokers.filter { proof.hosts.contains($0.host) }.map(\.id)

        let isWanted = Set(fleet.hosts.map(\.host) + layout.nodes.map(\.host))
        let parameters = BrokerRemoval(
            cluster: fleet.cluster.name, layout: layout, options: options,
            compose: try await composeFiles(
                without: proof.controllers.map(\.id) + brokers, layout, directory, gone: proof.gone),
            deletesData: wishes.deletesData, goneHosts: proof.gone,
            hosts: isWanted.sorted().filter { status.snapshot.host($0)?.state.reason == nil },
            canary: request.canary, known: status.findings.map(CheckStage.KnownFinding.init),
            commands: HostCommands(fleet))
        let stages: [BrokerRemoval.Stage] =
            wishes.inOneBatch || brokers.isEmpty
            ? [.init(brokers: brokers, plan: moves, dead: removal.dead, givenUp: removal.givenUp)]
            : moves.stages(brokers).enumerated().map { number, stage in
                .init(
                    brokers: [stage.broker], plan: stage.plan, dead: removal.dead.intersection([stage.broker]),
                    givenUp: number == 0 ? removal.givenUp : [])
            }
        let provisioned = wishes.deprovisions ? try provisioning(await survey(), layout, directory) : [:]
        let leaving = proof.hosts.map {
            HostRemoval.Leaving(host: $0, place: wishes.places[$0], provisioned: provisioned[$0] ?? [])
        }
        let removalOfHosts = HostRemoval(
            hosts: leaving + littered, removal: parameters, controllers: controllers)
        preparation.plan = try removalOfHosts.plan(
            brokers.isEmpty ? [] : stages, arguments: request.arguments, reason: request.reason)
        return preparation
    }

    /// Proves that hosts can go, and brokers besides: of the hosts themselves, and of all brokers that leave together.
    /// - Returns: both proofs, the second one where anything leaves, with everything that forbids it and what was waived.
    func removalProofs(
        _ wishes: HostRemovalWishes, and more: [NodeID] = [], _ request: MoveRequest, _ snapshot: Snapshot,
        _ layout: ClusterLayout, _ surveys: [HostSurvey] = []
    ) throws(StoreError) -> (hosts: HostRemovalProof, brokers: RemovalProof?, blockers: [Blocker], waived: [Blocker]) {
        let retired = try self.retired(surveys)
        let remembering = Set(surveys.filter { (try? $0.answers.get())?.memory != nil }.map(\.host))
        let hosts = HostRemovalProof(
            wishes.hosts, areDead: wishes.areDead, fleet: fleet, snapshot: snapshot, layout: layout,
            emptied: Set(retired.emptied), remembering: remembering, retired: Set(retired.ids),
            nearest: { Spelling.nearest(to: $0, among: $1) })
        var blockers = request.accepted.remaining(hosts.blockers)
        let waived = hosts.blockers.filter { !blockers.contains($0) }
        guard !hosts.hosts.isEmpty || !more.isEmpty else { return (hosts, nil, blockers, waived) }
        let brokers = RemovalProof(
            RemovalProof.Request(
                brokers: layout.brokers.filter { hosts.hosts.contains($0.host) }.map(\.id) + more,
                onto: request.onto.map(BrokerRange.init), goneHosts: hosts.gone, accepted: request.accepted,
                throttle: moveOptions(request).throttle), snapshot: snapshot, layout: layout)
        // A host that can't be worked on was said for itself.
        let said = Set(blockers.map(\.object))
        blockers += brokers.blockers.filter { $0.code != "host-unreachable" || !said.contains($0.object) }
        return (hosts, brokers, blockers, waived + brokers.waived)
    }

    /// Finds the brokers that were started with none of the controllers that remain, and judges their restart. A process asks
    /// at the addresses that it read when it started, whatever its file says by now, so it is asked for them itself; one that
    /// does not tell is meant too.
    private func acquaint(
        _ controllers: inout ControllerReplacement, _ snapshot: Snapshot, _ layout: ClusterLayout, _ dead: Set<NodeID>,
        _ request: MoveRequest, _ preparation: inout MovePreparation
    ) async throws {
        controllers.strangers = await strangers(
            to: controllers.remaining(of: layout), leaving: controllers.leaving, snapshot, layout, dead: dead)
        guard !controllers.strangers.isEmpty else { return }
        let names = controllers.strangers.map(\.id.description).joined(separator: ", ")
        preparation.notes.append(
            "brokers \(names) know none of the controllers that remain: each is restarted before "
                + "controller \(controllers.leaving.map(\.id.description).joined(separator: ", ")) leaves the quorum")
        let found = restartBlockers(of: controllers.strangers, snapshot, layout)
        preparation.blockers = request.accepted.remaining(found)
        controllers.accepted = found.filter { !preparation.blockers.contains($0) }.map(\.code)
    }

    /// The brokers that were started with none of the controllers that remain when others leave.
    func strangers(
        to remaining: [NodePlacement], leaving: [NodePlacement], _ snapshot: Snapshot, _ layout: ClusterLayout,
        dead: Set<NodeID>
    ) async -> [NodePlacement] {
        guard !leaving.isEmpty else { return [] }
        let running = Set(snapshot.containers.filter(\.container.isAlive).compactMap(\.container.node))
            .union(snapshot.cluster.value?.brokers.value?.filter { !$0.fenced }.map(\.id) ?? []).subtracting(dead)
        let brokers = layout.brokers.filter { running.contains($0.id) }
        let told = await ports.clusterControl.settingsAtStart([TellControllers.key], of: brokers.map(\.id), layout)
        let known = Set(remaining.map(\.endpoint.description))
        return brokers.filter { broker in
            guard let settings = told[broker.id]?.value else { return true }
            let addresses = settings.first { $0.name == TellControllers.key }?.value ?? ""
            return known.isDisjoint(with: addresses.split(separator: ",").map(String.init))
        }
    }

    /// What forbids the restart of these brokers, one after the other.
    func restartBlockers(of brokers: [NodePlacement], _ snapshot: Snapshot, _ layout: ClusterLayout) -> [Blocker] {
        Set(brokers.map(\.host)).sorted().compactMap { unusable($0, snapshot) }
            + StopVerdict.singly(brokers.map(\.id), snapshot: snapshot, layout: layout)
            .reduce(StopVerdict(causes: [])) { $0.joined($1) }.blockers
    }

    /// The controllers that come for those that leave, with their files.
    private func replacement(
        _ proof: HostRemovalProof, _ surveys: [HostSurvey], _ status: ClusterStatus, _ layout: ClusterLayout,
        _ directory: FleetDirectory
    ) async throws -> ControllerReplacement {
        var joining: [ControllerReplacement.Newcomer] = []
        var mode: UInt16 = 0o600
        if !proof.controllers.isEmpty {
            let grown = try layout.extended(
                for: fleet, moreBrokers: [:], controllers: layout.controllers.count + proof.newControllers,
                onHosts: Set(proof.staying), directoryIDs: Self.directoryID,
                retired: GrowthProof.usedIDs(status.snapshot, surveys).union(try retired().ids),
                occupiedPorts: Dictionary(
                    surveys.map { ($0.host, (try? $0.answers.get())?.listening ?? []) },
                    uniquingKeysWith: { first, _ in first }))
            let rendered = try renderFiles(grown, directory: directory)
            mode = rendered.values.lazy.flatMap(\.properties.values).first?.mode ?? mode
            for node in grown.controllers where layout.node(node.id) == nil {
                joining.append(
                    .init(
                        node: node, files: try await files(of: node.host, adding: [node], grown, directory),
                        user: rendered[node.host]?.users[node.id] ?? "0:0"))
            }
        }
        return ControllerReplacement(
            cluster: fleet.cluster, leaving: proof.controllers, joining: joining, propertiesMode: mode)
    }
}
