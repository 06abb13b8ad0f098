public import FleetConfiguration
public import FleetModel
import HealthRules
import Observation
import OperationModel
import Operations

extension FleetSession {
    /// What a rolling restart is about.
    public enum RestartTarget: Hashable, Sendable {
        /// A broker or controller.
        case node(NodeID)
        /// All nodes of a host.
        case host(HostName)
    }

    /// Looks at everything, proves of each node that it may be away for a moment, and plans the restart. Changes nothing.
    /// - Parameters:
    ///   - targets: the nodes and hosts; empty: all nodes.
    ///   - changedOnly: only nodes that run with another configuration than the fleet directory gives now.
    ///   - request: what the operation may be told.
    ///   - directory: the fleet directory.
    /// - Returns: what would be done, or what forbids it; without plan and blockers there is nothing to do.
    /// - Throws: `StoreError` of the journal; `ConfigurationError` of template or Compose file; `StepFailure`.
    public func prepareRestart(
        _ targets: [RestartTarget], changedOnly: Bool, _ request: MoveRequest, directory: FleetDirectory
    ) async throws -> MovePreparation {
        let opening = try await opening(directory)
        var preparation = opening.preparation
        guard case .seen(let status, let layout) = opening else { return preparation }
        preparation.blockers = targets.compactMap { unknown($0, layout) }
        guard preparation.blockers.isEmpty else { return preparation }
        let files = try renderFiles(layout, directory: directory)
        let containers = Dictionary(
            status.snapshot.containers.compactMap { pair in pair.container.node.map { ($0, pair.container) } },
            uniquingKeysWith: { first, second in first.state == .running ? first : second })
        let meant = layout.nodes.filter { node in
            guard !targets.isEmpty else { return true }
            return targets.contains(.node(node.id)) || targets.contains(.host(node.host))
        }
        let chosen = meant.filter { node in
            guard changedOnly else { return true }
            return containers[node.id]?.configDigest != files[node.host]?.digests[node.id]
        }
        let absent = chosen.filter { containers[$0.id] == nil && status.snapshot.host($0.host)?.state == .ok }
        let nodes = chosen.filter { node in !absent.contains { $0.id == node.id } }
        preparation.notes += absent.map {
            "\($0.role.rawValue) \($0.id) has no container on \($0.host): gantry bootstrap makes it"
        }
        guard !nodes.isEmpty else { return preparation }

        var found = Set(nodes.map(\.host)).sorted().compactMap { unusable($0, status.snapshot) }
        found += GrowthProof.cluster(status.snapshot, layout: layout)
        if found.isEmpty {
            // A node that does not run is only started: nobody loses it.
            let running = nodes.filter { containers[$0.id]?.isAlive == true }.map(\.id)
            found +=
                StopVerdict.singly(running, snapshot: status.snapshot, layout: layout)
                .reduce(StopVerdict(causes: [])) { $0.joined($1) }.blockers
        }
        preparation.blockers = request.accepted.remaining(found)
        for waived in found where !preparation.blockers.contains(waived) {
            preparation.notes.append("accepted: \(waived.code) (\(waived.object)): \(waived.reason)")
        }
        guard preparation.blockers.isEmpty else { return preparation }

        let accepted = found.filter { !preparation.blockers.contains($0) }.map(\.code)
        let restart = RollingRestart(
            cluster: fleet.cluster, layout: layout, accepted: accepted, canary: request.canary,
            known: status.findings.map(CheckStage.KnownFinding.init))
        let order = RollingRestart.order(nodes, active: status.snapshot.cluster.value?.controller)
        let turns = try await turns(order, files)
        preparation.blockers = await refused(turns)
        guard preparation.blockers.isEmpty else { return preparation }
        preparation.plan = try restart.plan(turns, arguments: request.arguments, reason: request.reason)
        return preparation
    }

    /// Each node with its files: the host's Compose file changes by one service a turn.
    private func turns(
        _ nodes: [NodePlacement], _ files: [HostName: HostFiles]
    ) async throws -> [RollingRestart.Turn] {
        var present: [HostName: [UInt8]] = [:]
        var turns: [RollingRestart.Turn] = []
        for node in nodes {
            guard let rendered = files[node.host] else { continue }
            if present[node.host] == nil {
                present[node.host] = try await ports.hostControl.contents(of: rendered.compose.path, on: node.host)
            }
            let merged = try ComposeFile.merging(
                [ContainerName.service(of: node)], of: rendered.compose.contents, into: present[node.host])
            present[node.host] = merged.bytes
            let compose = FileToPlace(path: rendered.compose.path, contents: merged.bytes, mode: merged.mode)
            turns.append(
                RollingRestart.Turn(
                    node: node, files: ([compose] + [rendered.properties[node.id]].compactMap { $0 }).map(TextFile.init)
                ))
        }
        return turns
    }

    /// Compose files that their hosts' Compose does not take: seen before the first node stops for one.
    private func refused(_ turns: [RollingRestart.Turn]) async -> [Blocker] {
        let last = Dictionary(turns.compactMap { turn in turn.files.first.map { (turn.node.host, $0) } }) { $1 }
        let containers = ports.containerControl
        let cluster = fleet.cluster.name
        return await mapBounded(last.sorted { $0.key < $1.key }, width: Observer.width) { host, file -> Blocker? in
            do throws(HostProblem) {
                let lines = try await containers.complaints(about: file.file.contents, of: cluster, on: host)
                guard !lines.isEmpty else { return nil }
                return Blocker(
                    code: "compose-refused", object: "host \(host)",
                    reason: "its Compose does not take the file: " + lines.suffix(3).joined(separator: " / "),
                    remedy: "mend k/docker-compose.yml, the template of that file")
            } catch {
                return Blocker(
                    code: error.code, object: "host \(host)", reason: error.reason, remedy: error.remedy)
            }
        }.compactMap { $0 }
    }

    func unknown(_ target: RestartTarget, _ layout: ClusterLayout) -> Blocker? {
        switch target {
        case .node(let id):
            guard layout.node(id) == nil else { return nil }
            // No guess: ids that look alike are other brokers.
            let wasRemoved = (try? retired().ids.contains(id)) ?? false
            return Blocker(
                code: "unknown-node", object: "node \(id)",
                reason: "the cluster has no such broker or controller"
                    + (wasRemoved ? " any more: it was removed" : ""),
                remedy: "gantry clusterstatus lists what there is")
        case .host(let host):
            guard layout.nodes(on: host).isEmpty else { return nil }
            guard fleet.host(host) == nil else {
                return Blocker(
                    code: "unknown-host", object: "host \(host)", reason: "no node of the cluster is on it",
                    remedy: "gantry addhost \(host) puts some there")
            }
            return unlisted(host, adds: false)
        }
    }

    func unusable(_ host: HostName, _ snapshot: Snapshot) -> Blocker? {
        guard let seen = snapshot.host(host) else { return nil }
        switch seen.state {
        case .ok: return nil
        case .unreachable(let reason, let remedy):
            return Blocker(code: "host-unreachable", object: "host \(host)", reason: reason, remedy: remedy)
        case .dockerDown(let reason, let remedy):
            return Blocker(code: "docker-down", object: "host \(host)", reason: reason, remedy: remedy)
        }
    }
}
