public import FleetModel
public import HealthRules
public import Observation

/// Nodes that have run, and whose directories are not there or blank: a disk that was not mounted, or was replaced.
///
/// Formatted again, a controller would vote under the identity of one that has forgotten what it voted for (KIP-853), and a
/// broker would lose what only it has, though it may all be safe on a disk that comes late.
public struct LostDirectories: Sendable {
    /// What is known of who has run.
    private let containers: Set<NodeID>
    private let quorumHasRun: Bool
    private let cluster: ClusterObservation?

    /// What tells who has run.
    /// - Parameters:
    ///   - surveys: what hosts told; a container is made of a node only after it was formatted.
    ///   - layout: the nodes of the cluster.
    ///   - cluster: what Kafka told; nil where it does not answer.
    public init(_ surveys: [HostSurvey], _ layout: ClusterLayout, cluster: ClusterObservation?) {
        containers = Set(surveys.flatMap(\.seenContainers).compactMap(\.node))
        self.cluster = cluster
        // No founder starts before all of them are formatted.
        quorumHasRun =
            cluster != nil || layout.controllers.contains { [containers] in $0.isFounder && containers.contains($0.id) }
    }

    /// Nodes that lack a directory, as a survey saw it.
    public static func suspects(_ surveys: [HostSurvey], _ layout: ClusterLayout) -> [NodePlacement] {
        layout.nodes.filter { node in
            guard let answers = try? surveys.first(where: { $0.host == node.host })?.answers.get() else { return false }
            return !answers.unformatted(node).isEmpty
        }
    }

    /// The blocker where `node` has run and lacks `directories`.
    public func blocker(_ node: NodePlacement, lacking directories: [String]) -> Blocker? {
        guard !directories.isEmpty, hasRun(node) else { return nil }
        return Self.blocker(node, lacking: directories)
    }

    private func hasRun(_ node: NodePlacement) -> Bool {
        if containers.contains(node.id) { return true }
        switch node.role {
        case .broker: return cluster?.broker(node.id) != nil
        case .controller: return node.isFounder ? quorumHasRun : cluster?.quorum.value?.isVoter(node.id) == true
        case .zookeeper: return false
        }
    }

    static func blocker(_ node: NodePlacement, lacking directories: [String]) -> Blocker {
        let way =
            node.role == .broker
            ? "gantry removebroker \(node.id), then gantry addbroker \(node.host) 1"
            : "gantry removehost \(node.host), then gantry addhost \(node.host)"
        return Blocker(
            code: "disk-missing", object: "\(node.role.rawValue) \(node.id) on \(node.host)",
            reason: "it has run, and \(directories.joined(separator: ", ")) "
                + "\(directories.count == 1 ? "is" : "are") not there, or blank: formatted again, what was there is lost",
            remedy: "mount the disk, then the same command again; where it is gone for good: \(way)")
    }
}

extension HostAnswers {
    /// The directories of `node` that carry no identity.
    public func unformatted(_ node: NodePlacement) -> [String] {
        node.dataDirectories.filter { formatted[$0] == nil }
    }
}

extension NodePlacement {
    /// Asks its host about its directories.
    public func directories(
        of cluster: ClusterName, from hosts: any HostControl
    ) async throws(HostProblem) -> HostAnswers {
        let roots = dataDirectories.map { String($0.dropLast("/\(cluster)/\(id)".count)) }
        return try await hosts.inspect(host, HostQuestion(cluster: cluster, data: roots, scope: .directories))
    }
}
