public import FleetModel
import Observation
public import OperationModel

/// Waits until the brokers of one host are registered and unfenced.
public struct AwaitBroker: HostStep {
    /// Names the type in plans.
    public static let kind = "await-brokers"
    /// Always.
    public static let onlyLooks = true
    /// A new broker needs seconds; one that recovers its logs after a power loss needs minutes.
    static let limit: Duration = .seconds(600)
    /// Without a registration after this time something is wrong that recovery does not explain.
    static let registrationLimit: Duration = .seconds(120)
    /// The host.
    public var target: HostName
    /// Its brokers that are waited for.
    public var brokers: [NodeID]
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Waits for `brokers` on `target`.
    public init(target: HostName, brokers: [NodeID], layout: ClusterLayout) {
        self.target = target
        self.brokers = brokers
        self.layout = layout
    }

    /// One line for people.
    public var title: String {
        "wait for broker\(brokers.count == 1 ? "" : "s") "
            + "\(brokers.map(\.description).joined(separator: ", ")) on \(target)"
    }

    /// Whether all of them serve: registered, unfenced, and in containers that have run for longer than a session lasts.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard try await missing(context) == nil else { return .needed }
        let now = context.world.clock.now()
        let seen = try await containers(context)
        let settled = brokers.allSatisfy { id in
            seen.contains { container in
                container.node == id && container.state == .running
                    && container.startedAt.map { now.since($0) > Self.sessionEnd } ?? true
            }
        }
        return settled ? .satisfied(nil) : .needed
    }

    /// Until a dead broker's session has ended its registration looks as if it served: 9 s, and the heartbeat before.
    static let sessionEnd: Duration = .seconds(12)

    /// Looks until all serve, one dies, or the time is up.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        var watch = NodeWatch(brokers.compactMap(layout.node), context)
        let start = context.world.clock.uptime()
        // A registration that was there before may be a dead process's: it counts once that one's session is over.
        var doubtful = try await registered(context)
        while true {
            let found = try await missing(context)
            try await watch.look()
            if let found {
                if found.registered { doubtful.remove(found.broker) }
            } else if doubtful.isDisjoint(with: brokers) || context.world.clock.uptime() - start > Self.sessionEnd {
                return nil
            }
            guard let missing = found else {
                try await pause(context)
                continue
            }
            let limit = missing.registered ? Self.limit : Self.registrationLimit
            guard context.world.clock.uptime() - start < limit else {
                throw StepFailure(
                    code: "broker-not-serving", what: title, object: "broker \(missing.broker) on \(target)",
                    reason: "after \(limit.components.seconds) s it is \(missing.words)",
                    remedy: "see that \(target) reaches the controllers' ports; then gantry bootstrap",
                    evidence: (try? await context.world.containers.logs(
                        of: "\(context.cluster)-broker-\(missing.broker)", lines: NodeWatch.evidenceLines, on: target))
                        ?? [])
            }
            try await pause(context)
        }
    }

    private func registered(_ context: StepContext) async throws(StepFailure) -> Set<NodeID> {
        let seen = await context.world.cluster.observe(layout, detail: .minimal)
        return Set(seen.value?.brokers.value?.filter { !$0.fenced }.map(\.id) ?? [])
    }

    private func containers(_ context: StepContext) async throws(StepFailure) -> [ContainerObservation] {
        do {
            return try await context.world.containerSource.containers(on: target).containers
        } catch {
            throw context.failure(error, what: "looking at containers", object: subject)
        }
    }

    private struct Missing {
        var broker: NodeID
        var registered: Bool
        var words: String
    }

    private func missing(_ context: StepContext) async throws(StepFailure) -> Missing? {
        let seen = await context.world.cluster.observe(layout, detail: .minimal)
        if let found = seen.value?.clusterID, found != layout.clusterID { throw otherCluster(found, layout) }
        for id in brokers {
            guard let broker = seen.value?.broker(id) else {
                return Missing(broker: id, registered: false, words: "not registered with the controllers")
            }
            if broker.fenced { return Missing(broker: id, registered: true, words: "registered and still fenced") }
        }
        return nil
    }
}
