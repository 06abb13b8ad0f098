public import FleetModel
import Observation
public import OperationModel

/// Checks that the cluster works: a record through every broker.
public struct CheckCluster: ClusterStep {
    /// Names the type in plans.
    public static let kind = "check-cluster"
    /// Always.
    public static let endsStage = true
    /// Always.
    public static let onlyLooks = true
    /// A broker that has just come may lack the newest metadata for some seconds.
    static let limit: Duration = .seconds(60)
    /// How long replicas that lag are waited for.
    static let catchUpLimit: Duration = .seconds(30)
    /// At most so many brokers are tried at once.
    static let width = 32
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// Whether records are sent; without, only that every broker is registered and unfenced.
    public var canary: Bool

    /// Checks the brokers of `layout`.
    public init(layout: ClusterLayout, canary: Bool) { (self.layout, self.canary) = (layout, canary) }

    /// The whole cluster.
    public var object: String { "cluster" }
    /// One line for people.
    public var title: String {
        canary
            ? "send a record through each of \(counted(layout.brokers.count, "broker"))"
            : "check the brokers' registrations"
    }

    /// Whether every broker takes a record and gives it back now.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        try await firstFailure(context) == nil ? .satisfied(counted(layout.brokers.count, "broker")) : .needed
    }

    /// Tries again until all do, or the time is up.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        while let (broker, reason) = try await firstFailure(context) {
            guard context.world.clock.uptime() - start < Self.limit else {
                throw StepFailure(
                    code: "canary-failed", what: "checking the cluster", object: "broker \(broker)", reason: reason,
                    remedy: "gantry clusterstatus")
            }
            try await pause(context)
        }
        let behind = try await awaitReplicas(context)
        return counted(layout.brokers.count, "broker")
            + (behind == 0
                ? "" : "; \(counted(behind, "partition")) still under-replicated: replicas catch up")
    }

    /// Replicas of brokers that were away catch up by themselves, in seconds or, with much data, in hours: short ones are
    /// waited for, so that what follows finds a whole cluster.
    private func awaitReplicas(_ context: StepContext) async throws(StepFailure) -> Int {
        let start = context.world.clock.uptime()
        while true {
            let detail = ObservationDetail(logDirectories: false, configuration: true)
            let seen = await context.world.cluster.observe(layout, detail: detail)
            let behind = seen.value?.partitions.value?.counts().underReplicated ?? 0
            if behind == 0 || context.world.clock.uptime() - start > Self.catchUpLimit { return behind }
            try await pause(context)
        }
    }

    private func firstFailure(_ context: StepContext) async throws(StepFailure) -> (NodeID, String)? {
        let world = context.world
        guard canary else {
            let seen = await world.cluster.observe(layout, detail: .minimal)
            return layout.brokers.first { seen.value?.broker($0.id)?.fenced != false }
                .map { ($0.id, seen.reason ?? "it is not registered or fenced") }
        }
        let results = await mapBounded(layout.brokers.map(\.id), width: Self.width) { id in
            (id, await world.cluster.canary(id, layout: layout))
        }
        for (id, result) in results {
            switch result {
            case .ok: continue
            case .failed(let reason), .skipped(let reason): return (id, reason)
            }
        }
        return nil
    }
}
