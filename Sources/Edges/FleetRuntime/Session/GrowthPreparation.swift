public import FleetConfiguration
public import FleetModel
import HealthRules
import Observation
import OperationModel
import Operations

extension FleetSession {
    /// Looks at everything, proves that a host can take more brokers, and plans it. Changes nothing.
    /// - Parameters:
    ///   - host: the host.
    ///   - count: how many more, at least one.
    ///   - rebalances: whether data moves onto them in the same operation.
    ///   - request: what moving data may be told.
    ///   - directory: the fleet directory.
    /// - Returns: what would be done, or what forbids it.
    /// - Throws: `StoreError` of the journal; `ConfigurationError` of template or Compose file; `StepFailure`.
    public func prepareAddBroker(
        on host: HostName, count: Int, rebalances: Bool, _ request: MoveRequest, directory: FleetDirectory
    ) async throws -> MovePreparation {
        if let blocker = unlisted(host, adds: false) { return MovePreparation(blockers: [blocker]) }
        return try await prepare(host, "addbroker", request, directory, rebalances: rebalances) { scene in
            try scene.layout.extended(
                for: fleet, moreBrokers: [host: count], controllers: scene.layout.controllers.count,
                directoryIDs: Self.directoryID, retired: scene.usedIDs, occupiedPorts: [host: scene.listening])
        }
    }

    /// Looks at everything, proves that a host of `virthosts` can become part of the cluster, and plans it: its brokers, and
    /// a controller where the quorum is short of its number. Changes nothing.
    /// - Parameters:
    ///   - host: the host.
    ///   - request: what the operation may be told.
    ///   - service: whether the containers are to start and stop with the host.
    ///   - provisions: whether the host gets what a bare Debian lacks.
    ///   - directory: the fleet directory.
    /// - Returns: what would be done, or what forbids it; without plan and blockers it is done already.
    /// - Throws: `StoreError` of the journal; `ConfigurationError` of template or Compose file; `StepFailure`.
    public func prepareAddHost(
        _ host: HostName, _ request: MoveRequest, service: Bool = true, provisions: Bool = false,
        directory: FleetDirectory
    ) async throws -> MovePreparation {
        if let blocker = unlisted(host, adds: true) { return MovePreparation(blockers: [blocker]) }
        return try await prepare(
            host, "addhost", request, directory, rebalances: false, service: service, provisions: provisions
        ) { scene in
            let present = scene.layout
            let hasBrokers = present.brokers.contains { $0.host == host }
            let (has, wanted) = (present.controllers.count, fleet.cluster.controllers)
            let hasController = present.controllers.contains { $0.host == host }
            return try present.extended(
                for: fleet, moreBrokers: hasBrokers ? [:] : [host: sized(scene.surveys).host(host)?.brokers ?? 0],
                controllers: hasController || has >= wanted ? has : has + 1, onHosts: [host],
                directoryIDs: Self.directoryID, retired: scene.usedIDs, occupiedPorts: [host: scene.listening])
        }
    }

    /// What was seen before a host gets more nodes.
    private struct GrowthScene {
        var host: HostSpecification
        var status: ClusterStatus
        var layout: ClusterLayout
        var surveys: [HostSurvey]
        var usedIDs: Set<NodeID>
        var survey: HostSurvey? { surveys.first { $0.host == host.host } }
        var listening: Set<UInt16> { (try? survey?.answers.get())?.listening ?? [] }
    }

    private func prepare(
        _ host: HostName, _ command: String, _ request: MoveRequest, _ directory: FleetDirectory, rebalances: Bool,
        service: Bool = false, provisions: Bool = false, _ grow: (GrowthScene) throws -> ClusterLayout
    ) async throws -> MovePreparation {
        async let survey = survey()
        let opening = try await opening(directory)
        var preparation = opening.preparation
        guard case .seen(let status, let present) = opening, let specification = fleet.host(host) else {
            return preparation
        }
        let (snapshot, surveys) = (status.snapshot, await survey)
        let scene = GrowthScene(
            host: specification, status: status, layout: present, surveys: surveys,
            usedIDs: GrowthProof.usedIDs(snapshot, surveys).union(try retired().ids))
        let layout: ClusterLayout
        do {
            layout = try grow(scene)
        } catch let error as LayoutError {
            preparation.blockers = [
                Blocker(
                    code: error.code, object: "host \(scene.host.host)", reason: error.description,
                    remedy: error.remedy)
            ]
            return preparation
        }
        // Beside the new nodes, those of the host that never came up: an earlier attempt may have been given up.
        let alive = Set((scene.survey?.seenContainers ?? []).filter(\.isAlive).compactMap(\.node))
        let isNew = Set(layout.nodes.map(\.id)).subtracting(present.nodes.map(\.id))
        let nodes = layout.nodes(on: scene.host.host).filter { node in
            isNew.contains(node.id) || (command == "addhost" && !alive.contains(node.id))
        }
        guard !nodes.isEmpty else { return preparation }

        let clauses = await blockingClauses(scene.surveys, layout).filter { $0.host == scene.host.host }
        let changes = provisions ? try provisioning(scene.surveys, layout, directory)[scene.host.host] ?? [] : []
        for clause in clauses where clause.verdict.result == .waived {
            preparation.notes.append("\(clause.clause) on \(clause.host): \(clause.verdict.evidence)")
        }
        let memory = (try? scene.survey?.containers?.get())?.docker.memory
        var found =
            GrowthProof.cluster(snapshot, layout: layout)
            + Provisioning.remaining(Assumptions.blockers(clauses), provisioned: [scene.host.host: changes])
            + Provisioning.diskBlockers(scene.surveys, fleet: fleet, provisioned: [scene.host.host: changes])
        if let blocker = GrowthProof.memory(
            scene.host, nodes: layout.nodes(on: scene.host.host).count, has: memory)
        {
            found.append(blocker)
        }
        if present.nodes(on: host).isEmpty,
            let blocker = GrowthProof.returned(
                host, containers: scene.survey?.seenContainers ?? [], retired: status.context.retired)
        {
            found.append(blocker)
        }
        preparation.blockers = request.accepted.remaining(found)
        for waived in found where !preparation.blockers.contains(waived) {
            preparation.notes.append("accepted: \(waived.code) (\(waived.object)): \(waived.reason)")
        }
        guard preparation.blockers.isEmpty else { return preparation }

        if rebalances {
            var wish = RebalanceProof.Request(
                tolerance: fleet.move.tolerance, accepted: request.accepted, throttle: moveOptions(request).throttle)
            wish.joining = nodes.filter { $0.role == .broker }.map(\.id)
            wish.fleet = fleet
            let proof = RebalanceProof(wish, snapshot: snapshot, layout: layout)
            preparation.blockers = proof.blockers
            preparation.notes += proof.notes
            preparation.moves = [proof.plan].compactMap { $0 }
            guard preparation.blockers.isEmpty else { return preparation }
        }
        var growth = Growth(
            cluster: fleet.cluster, host: scene.host.host, nodes: nodes, layout: layout,
            files: try await files(of: scene.host.host, adding: nodes, layout, directory),
            users: try renderFiles(layout, directory: directory)[scene.host.host]?.users ?? [:],
            hosts: Set(fleet.hosts.map(\.host) + layout.nodes.map(\.host)).sorted().filter {
                snapshot.host($0)?.state.reason == nil
            },
            canary: request.canary, known: scene.status.findings.map(CheckStage.KnownFinding.init),
            move: preparation.moves.first, options: moveOptions(request), provisioning: changes)
        growth.service = service
        preparation.plan = try growth.plan(command, arguments: request.arguments, reason: request.reason)
        return preparation
    }

    /// The host's files with the new nodes in them. Everything about nodes that are there stays as it lies on the host.
    func files(
        of host: HostName, adding nodes: [NodePlacement], _ layout: ClusterLayout, _ directory: FleetDirectory
    ) async throws -> [TextFile] {
        guard let rendered = try renderFiles(layout, directory: directory)[host] else { return [] }
        let present = try await ports.hostControl.contents(of: rendered.compose.path, on: host)
        let merged = try ComposeFile.merging(
            nodes.map { ContainerName.service(of: $0) }, of: rendered.compose.contents, into: present)
        let compose = FileToPlace(path: rendered.compose.path, contents: merged.bytes, mode: merged.mode)
        return (rendered.always + [compose] + nodes.compactMap { rendered.properties[$0.id] }).map(TextFile.init)
    }

    static func directoryID(_: NodeID) -> DirectoryID {
        while true { if let id = DirectoryID(bytes: randomBytes(16)) { return id } }
    }

    /// Why a host that is not in `virthosts` can't be worked on; nil when it is there.
    func unlisted(_ host: HostName, adds: Bool) -> Blocker? {
        guard fleet.host(host) == nil else { return nil }
        let names = fleet.hosts.map(\.host.rawValue)
        // Whoever adds a host means one that is not there yet.
        let near = adds ? nil : Spelling.nearest(to: host.rawValue, among: names)
        let line = "virthosts: [\((names + [host.rawValue]).joined(separator: ", "))]"
        return Blocker(
            code: "unknown-host", object: "host \(host)",
            reason: "it is not in virthosts of defaults.cfg" + (near.map { "; did you mean \($0)?" } ?? ""),
            remedy: adds
                ? "put it there: \(line)"
                : near.map { "name \($0), or put \(host) there first: \(line), then gantry addhost \(host)" }
                    ?? "name one of \(names.prefix(5).joined(separator: ", ")), or put it there first: \(line), then "
                    + "gantry addhost \(host)")
    }
}
