public import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Proves that a host is gone before its nodes are given up: it answers nobody, and none of its brokers has been heard of by
/// the controllers for two minutes. That it can't be reached from here alone never means that it left.
public struct ProveDead: HostStep {
    /// Names the type in plans.
    public static let kind = "prove-dead"
    /// Kafka fences a broker after nine seconds; a host that reboots is back within this time (PRODUCT.md section 3).
    public static let silence: Duration = .seconds(120)
    /// Between two looks.
    private static let interval: Duration = .seconds(5)
    /// The host.
    public var target: HostName
    /// Its brokers.
    public var brokers: [NodeID]
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Proves that `target` with `brokers` is gone.
    public init(target: HostName, brokers: [NodeID], layout: ClusterLayout) {
        self.target = target
        self.brokers = brokers
        self.layout = layout
    }

    /// One line for people.
    public var title: String {
        "see that \(target) is gone: no answer, and its brokers fenced for \(Self.silence.components.seconds) s"
    }

    /// Never known before: it is a proof about now.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe { .needed }

    /// Looks until both have held for two minutes, as the quorum tells or as was watched.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        while true {
            if (try? await context.world.hostSource.facts(of: target)) != nil {
                throw failure("\(target) answers", "removehost without --dead")
            }
            let seen = await context.world.cluster.observe(layout, detail: .minimal)
            guard let cluster = seen.value, let registered = cluster.brokers.value else {
                throw StepFailure(
                    code: "kafka-silent", what: title, object: subject,
                    reason: seen.reason ?? seen.value?.brokers.reason ?? "no broker answers",
                    remedy: "gantry clusterstatus; then gantry operation resume")
            }
            guard cluster.clusterID == layout.clusterID else { throw otherCluster(cluster.clusterID, layout) }
            if let alive = registered.first(where: { brokers.contains($0.id) && !$0.fenced }) {
                throw failure("broker \(alive.id) serves", "see that techhost and host reach each other")
            }
            let watched = context.world.clock.uptime() - start
            let quiet = Silence(of: brokers, cluster).least
            if watched >= Self.silence || (quiet ?? .zero) >= Self.silence { return nil }
            if watched == .zero {
                await context.note("watching it for \(Self.silence.components.seconds) s before it counts as gone")
            }
            do {
                try await context.world.clock.sleep(for: Self.interval)
            } catch {
                throw .cutOff
            }
            if await context.request() != nil { throw .leftOnRequest }
        }
    }

    private func failure(_ reason: String, _ remedy: String) -> StepFailure {
        StepFailure(code: "host-alive", what: title, object: subject, reason: reason, remedy: remedy)
    }
}

/// For how long the controllers have not heard of brokers, as the quorum tells: every broker follows the metadata, and the
/// leader remembers when each fetched last.
public struct Silence: Sendable {
    /// The shortest of them; nil where the quorum tells nothing of one: its leader may be newer than the death, or the death
    /// long ago.
    public let least: Duration?

    /// That of `brokers`, by what `cluster` tells of its quorum.
    public init(of brokers: [NodeID], _ cluster: ClusterObservation) {
        guard let quorum = cluster.quorum.value else {
            least = nil
            return
        }
        let newest = (quorum.voters + quorum.observers).compactMap(\.lastFetch).max()
        let times = brokers.map { id -> Duration? in
            guard let newest, let last = quorum.observers.first(where: { $0.id == id })?.lastFetch else { return nil }
            return newest.since(last)
        }
        let known = times.compactMap { $0 }
        least = known.count == times.count ? known.min() : nil
    }
}
