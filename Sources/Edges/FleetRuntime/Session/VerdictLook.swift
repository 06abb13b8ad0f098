public import FleetConfiguration
import FleetModel
public import HealthRules
import Observation
public import OperationModel
import Operations

/// Whether something may be done with nodes or hosts, and everything that is in the way.
public struct ActionVerdict: Sendable {
    /// What may be asked about.
    public enum Action: String, Hashable, Sendable, CaseIterable {
        /// Stop them, all at once.
        case stop
        /// Restart them, one after the other.
        case restart
        /// Take them out of the cluster.
        case remove
    }

    /// One kind of reason with all that it is about.
    public struct Cause: Hashable, Sendable {
        /// What it is as a blocker: code, object, reason, remedy.
        public var blocker: Blocker
        /// How many partitions, or other objects, it is about.
        public var count: Int
        /// Some of them.
        public var examples: [String]
        /// Whether the operator may waive it by its code.
        public var isWaivable: Bool { Acceptance.waivable.contains(blocker.code) }
        /// Whether it says that it could not be found out.
        public var isUnknown: Bool { Self.unknown.contains(blocker.code) }

        private static let unknown: Set<String> = ["unknown", "cluster-unreachable", "moves-unknown"]
    }

    /// Everything that is in the way and was not waived.
    public var causes: [Cause] = []
    /// What was waived.
    public var waived: [Cause] = []

    /// Nothing is in the way.
    public var isClear: Bool { causes.isEmpty }
    /// It can't be told: nothing that is known is in the way, and not all is known.
    public var isUnknown: Bool { !causes.isEmpty && causes.allSatisfy(\.isUnknown) }
}

extension FleetSession {
    /// Examples of what a cause is about.
    private static var examples: Int { 5 }

    /// Judges whether something may be done. Changes nothing.
    /// - Parameters:
    ///   - action: what.
    ///   - targets: the nodes and hosts.
    ///   - areDead: whether hosts that do not answer are gone for good, as `removehost --dead` takes them.
    ///   - accepted: what the operator waives.
    ///   - directory: the fleet directory.
    /// - Returns: the verdict.
    /// - Throws: `StoreError` of the journal.
    public func verdict(
        _ action: ActionVerdict.Action, _ targets: [RestartTarget], areDead: Bool = false, accepted: [Acceptance],
        directory: FleetDirectory
    ) async throws(StoreError) -> ActionVerdict {
        let status = try await status(canary: false, directory: directory)
        guard let layout = status.layout else {
            return ActionVerdict(causes: Self.grouped([.notBootstrapped(fleet)]))
        }
        let unknown = targets.compactMap { self.unknown($0, layout) }
        guard unknown.isEmpty else { return ActionVerdict(causes: Self.grouped(unknown)) }
        let nodes = layout.nodes.filter { targets.contains(.node($0.id)) || targets.contains(.host($0.host)) }
        var found: [Blocker] = []
        var waived: [Blocker] = []
        switch action {
        case .stop:
            found = StopVerdict.together(nodes.map(\.id), snapshot: status.snapshot, layout: layout).blockers
        case .restart:
            found =
                StopVerdict.singly(nodes.map(\.id), snapshot: status.snapshot, layout: layout)
                .reduce(StopVerdict(causes: [])) { $0.joined($1) }.blockers
        case .remove:
            (found, waived) = try await removal(targets, areDead, accepted, status.snapshot, layout)
            if let blocker = try leftovers() { found.insert(blocker, at: 0) }
        }
        if let blocker = try atWork() {
            // What moves now is that operation's: neither left behind nor somebody else's.
            found.removeAll { ["operation-interrupted", "foreign-reassignment", "leased"].contains($0.code) }
            found.append(blocker)
        }
        let open = accepted.remaining(found)
        waived += found.filter { !open.contains($0) }
        return ActionVerdict(causes: Self.grouped(open), waived: Self.grouped(waived))
    }

    /// What `removehost` and `removebroker` of these would say. A controller goes with its host; by itself it is no broker
    /// that could be drained.
    private func removal(
        _ targets: [RestartTarget], _ areDead: Bool, _ accepted: [Acceptance], _ snapshot: Snapshot,
        _ layout: ClusterLayout
    ) async throws(StoreError) -> (found: [Blocker], waived: [Blocker]) {
        let request = MoveRequest(
            arguments: [], reason: nil, onto: nil, throttle: nil, accepted: accepted, canary: false)
        var (hosts, nodes): ([HostName], [NodeID]) = ([], [])
        for target in targets {
            switch target {
            case .host(let host): hosts.append(host)
            case .node(let id): nodes.append(id)
            }
        }
        let wishes = HostRemovalWishes(
            hosts: hosts, inOneBatch: true, deletesData: false, areDead: areDead, places: [:])
        let alone = nodes.filter { id in layout.node(id).map { !hosts.contains($0.host) } ?? true }
        let proofs = try removalProofs(wishes, and: alone, request, snapshot, layout)
        let leaving = proofs.hosts.controllers
        let remaining = layout.controllers.filter { node in !leaving.contains { $0.id == node.id } }
        let restarts = await strangers(
            to: remaining, leaving: leaving, snapshot, layout, dead: proofs.brokers?.dead ?? [])
        return (proofs.blockers + restartBlockers(of: restarts, snapshot, layout), proofs.waived)
    }

    /// Blockers of one code together: the first one's words, and how many there are.
    private static func grouped(_ blockers: [Blocker]) -> [ActionVerdict.Cause] {
        var order: [String] = []
        var groups: [String: [Blocker]] = [:]
        for blocker in blockers {
            if groups[blocker.code] == nil { order.append(blocker.code) }
            groups[blocker.code, default: []].append(blocker)
        }
        return order.compactMap { code in
            guard let group = groups[code], let first = group.first else { return nil }
            let names = group.flatMap { $0.examples.isEmpty ? [$0.object] : $0.examples }
            return ActionVerdict.Cause(
                blocker: first, count: group.reduce(0) { $0 + $1.count }, examples: Array(names.prefix(examples)))
        }
    }
}
