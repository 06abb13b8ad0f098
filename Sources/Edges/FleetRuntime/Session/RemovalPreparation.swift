public import FleetConfiguration
public import FleetModel
import HealthRules
import Observation
import OperationModel
import Operations

extension FleetSession {
    /// Looks at everything, proves that brokers can be taken out, and plans it. Changes nothing.
    /// - Parameters:
    ///   - brokers: the brokers; those that were removed before are said and left out.
    ///   - deletesData: whether their data directories are deleted too.
    ///   - request: what moving data may be told.
    ///   - directory: the fleet directory.
    /// - Returns: what would be done, or what forbids it; without plan and blockers it is done already.
    /// - Throws: `StoreError` of the journal; `ConfigurationError` of a host's Compose file; `StepFailure`.
    public func prepareRemoval(
        of brokers: [NodeID], deletesData: Bool, _ request: MoveRequest, directory: FleetDirectory
    ) async throws -> MovePreparation {
        let opening = try await opening(directory)
        var preparation = opening.preparation
        guard case .seen(let status, let present) = opening else { return preparation }
        let layout = present.with(returned: status.context.retired.intersection(brokers), status.snapshot)
        let registered = status.snapshot.cluster.value?.brokers.value ?? []
        let retired = try retired().ids
        let gone = brokers.filter { id in
            retired.contains(id) && layout.node(id) == nil && !registered.contains { $0.id == id }
        }
        preparation.notes += gone.map { "broker \($0) was removed before" }
        let wanted = brokers.filter { !gone.contains($0) }
        guard !wanted.isEmpty else { return preparation }
        let options = moveOptions(request)
        let began = ContinuousClock.now
        let proof = RemovalProof(
            RemovalProof.Request(
                brokers: wanted, onto: request.onto.map(BrokerRange.init), accepted: request.accepted,
                throttle: options.throttle), snapshot: status.snapshot, layout: layout)
        preparation.planTook = ContinuousClock.now - began
        preparation.blockers = proof.blockers
        preparation.notes += proof.notes
        guard let moves = proof.plan else { return preparation }
        preparation.moves = [moves]
        let hosts = Set(fleet.hosts.map(\.host) + layout.nodes.map(\.host)).sorted()
        var removal = BrokerRemoval(
            cluster: fleet.cluster.name, layout: layout, options: options,
            compose: try await composeFiles(without: wanted, layout, directory), deletesData: deletesData,
            hosts: hosts.filter { status.snapshot.host($0)?.state.reason == nil },
            canary: request.canary, known: status.findings.map(CheckStage.KnownFinding.init),
            commands: HostCommands(fleet))
        removal.cleanedHosts = Set(wanted.compactMap(layout.node).map(\.host)).sorted().filter { host in
            let seen = status.snapshot.host(host)?.containers.compactMap(\.node) ?? []
            return present.nodes(on: host).isEmpty && seen.allSatisfy(wanted.contains)
        }
        preparation.plan = try removal.plan(
            [.init(brokers: wanted, plan: moves, dead: proof.dead, givenUp: proof.givenUp)],
            arguments: request.arguments,
            reason: request.reason)
        return preparation
    }

    /// The Compose file of each node's host once that node is gone, in the order in which they go.
    func composeFiles(
        without nodes: [NodeID], _ layout: ClusterLayout, _ directory: FleetDirectory, gone: Set<HostName> = []
    ) async throws -> [NodeID: TextFile?] {
        let path = OnHostPath.composeFile(of: fleet.cluster.name)
        var present: [HostName: [UInt8]?] = [:]
        var result: [NodeID: TextFile?] = [:]
        for node in nodes.compactMap(layout.node) where !gone.contains(node.host) {
            if present[node.host] == nil {
                present[node.host] = .some(try await ports.hostControl.contents(of: path, on: node.host))
            }
            guard let bytes = present[node.host] ?? nil else {
                result[node.id] = .some(nil)
                continue
            }
            let rest = try ComposeFile.removing([ContainerName.service(of: node)], from: bytes)
            present[node.host] = .some(rest?.bytes)
            result[node.id] = .some(
                rest.map { TextFile(FileToPlace(path: path, contents: $0.bytes, mode: $0.mode)) })
        }
        return result
    }
}

extension ClusterLayout {
    /// The layout with brokers that were removed for good and serve again, since their host came back: they are taken out
    /// a second time, in order.
    fileprivate func with(returned: Set<NodeID>, _ snapshot: Snapshot) -> ClusterLayout {
        let placements = snapshot.containers.compactMap { host, container -> NodePlacement? in
            guard container.role == .broker, let id = container.node, returned.contains(id), node(id) == nil,
                let port = snapshot.cluster.value?.broker(id)?.endpoint.port
            else { return nil }
            return NodePlacement(id: id, role: .broker, host: host, port: port, dataDirectories: [])
        }
        return ClusterLayout(clusterID: clusterID, nodes: nodes + placements)
    }
}

extension Blocker {
    static func notBootstrapped(_ fleet: FleetSpecification) -> Blocker {
        Blocker(
            code: "not-bootstrapped", object: "cluster \(fleet.cluster.name)",
            reason: "neither the journal nor a host knows its nodes", remedy: "gantry bootstrap")
    }
}
