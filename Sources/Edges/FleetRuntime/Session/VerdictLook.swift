public import FleetConfiguration
import FleetModel
public import HealthRules
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
    ///   - accepted: what the operator waives.
    ///   - directory: the fleet directory.
    /// - Returns: the verdict.
    /// - Throws: `StoreError` of the journal.
    public func verdict(
        _ action: ActionVerdict.Action, _ targets: [RestartTarget], accepted: [Acceptance], directory: FleetDirectory
    ) async throws(StoreError) -> ActionVerdict {
        let status = try await status(canary: false, directory: directory)
        guard let layout = status.layout else {
            return ActionVerdict(causes: Self.grouped([.notBootstrapped(fleet)]))
        }
        let unknown = targets.compactMap { self.unknown($0, layout) }
        guard unknown.isEmpty else { return ActionVerdict(causes: Self.grouped(unknown)) }
        let nodes = layout.nodes.filter { targets.contains(.node($0.id)) || targets.contains(.host($0.host)) }
        var verdict = ActionVerdict()
        switch action {
        case .stop:
            verdict.causes = Self.causes(
                StopVerdict.together(nodes.map(\.id), snapshot: status.snapshot, layout: layout))
        case .restart:
            verdict.causes = Self.causes(
                StopVerdict.singly(nodes.map(\.id), snapshot: status.snapshot, layout: layout)
                    .reduce(StopVerdict(causes: [])) { $0.joined($1) })
        case .remove:
            var found: [Blocker] = []
            // A controller goes with its host; by itself it is no broker that could be drained.
            let brokers = nodes.filter { $0.role == .broker || targets.contains(.node($0.id)) }.map(\.id)
            if !brokers.isEmpty {
                found =
                    RemovalProof(
                        .init(brokers: brokers, accepted: accepted, throttle: fleet.move.throttle),
                        snapshot: status.snapshot, layout: layout
                    ).blockers
            }
            if let blocker = try leftovers() { found.insert(blocker, at: 0) }
            verdict.causes = Self.grouped(found)
        }
        if let lease = try place.existingJournal()?.lease(of: fleet.cluster.name), lease.holder.isAlive {
            verdict.causes += Self.grouped([
                Blocker(
                    code: "leased", object: "cluster \(fleet.cluster.name)",
                    reason: "operation \(lease.operation) is at work on it",
                    remedy: "wait until it is done: gantry operation attach \(lease.operation)")
            ])
        }
        let open = accepted.remaining(verdict.causes.map(\.blocker))
        verdict.waived = verdict.causes.filter { !open.contains($0.blocker) }
        verdict.causes = verdict.causes.filter { open.contains($0.blocker) }
        return verdict
    }

    private static func causes(_ verdict: StopVerdict) -> [ActionVerdict.Cause] {
        verdict.causes.map { cause in
            let objects =
                cause.partitions.isEmpty ? cause.nodes.map(\.description) : cause.partitions.map(\.description)
            return ActionVerdict.Cause(
                blocker: cause.blocker, count: objects.count, examples: Array(objects.prefix(examples)))
        }
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
            // Waivers name objects: a group of several stays apart where each has its own.
            return ActionVerdict.Cause(
                blocker: first, count: group.count, examples: group.prefix(examples).map(\.object))
        }
    }
}
