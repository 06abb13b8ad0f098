public import FleetModel
import Observation
public import OperationModel

/// Takes the registration of a stopped broker away. Kafka itself checks nothing here, so this does: the broker must be
/// fenced and hold no replica. Cordon and throttle go first: they survive unregistering and can't be changed after it.
public struct UnregisterBroker: Step {
    /// Names the type in plans.
    public static let kind = "unregister"
    /// A stopped broker is fenced within seconds, a killed one when its session ends (9 s).
    private static let fencingLimit: Duration = .seconds(60)
    /// A controller that changes is back after seconds; what is silent for longer needs somebody.
    private static let patience: Duration = .seconds(120)
    /// The broker.
    public var broker: NodeID
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// Whether it stopped long ago, on a host that may be gone: it can't be started again.
    public var dead: Bool

    /// Unregisters `broker`.
    public init(broker: NodeID, dead: Bool = false, layout: ClusterLayout) {
        self.broker = broker
        self.dead = dead
        self.layout = layout
    }

    /// The broker's id.
    public var object: String { broker.description }
    /// As people write it.
    public var subject: String { "broker \(broker)" }
    /// Its host.
    public var host: HostName? { layout.node(broker)?.host }
    /// One line for people.
    public var title: String { "take broker \(broker)'s registration away" }

    /// Whether it has none. Fenced brokers are looked at too.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        try await registration(context) == nil ? .satisfied(nil) : .needed
    }

    /// Waits until it is fenced, proves that it holds nothing, clears its settings, and unregisters it.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        var start = context.world.clock.uptime()
        var isStopped = !dead
        while let found = try await registration(context), !found.fenced {
            if !isStopped, try await stopReturned(context) {
                isStopped = true
                start = context.world.clock.uptime()
            }
            guard context.world.clock.uptime() - start < Self.fencingLimit else {
                throw StepFailure(
                    code: "broker-serves", what: title, object: subject,
                    reason:
                        "it was \(isStopped ? "stopped" : "given up as dead"), and the controllers still show it serving",
                    remedy: "see whether another process has its id; then gantry operation resume")
            }
            try await pause(context)
        }
        // Between the last look and the stop somebody may have put a replica there.
        if let held = try await BrokerContents.look([broker], dead: [broker], layout: layout, context) {
            throw StepFailure(
                code: StepFailure.notEmpty, what: title, object: subject, reason: held.words,
                remedy: "gantry operation abort, which starts it again, then the same command again")
        }
        let begun = context.world.clock.uptime()
        while true {
            do throws(ClusterProblem) {
                return try await clear(context) ? nil : "it was not registered"
            } catch {
                guard context.world.clock.uptime() - begun < Self.patience else {
                    throw context.failure(error, what: title, object: subject)
                }
                // What had no answer may have been done: read back before it is asked for again.
                try await pause(context)
                if try await registration(context) == nil { return nil }
            }
        }
    }

    /// Stops a broker that was given up as dead and serves again, since its host came back: it holds nothing by now.
    /// - Returns: whether it is stopped; false where its host does not answer, or shows no container of it.
    private func stopReturned(_ context: StepContext) async throws(StepFailure) -> Bool {
        guard let node = layout.node(broker) else { return false }
        do throws(StepFailure) {
            guard let container = try await node.container(context), container.isAlive else { return false }
            if let held = try await BrokerContents.look([broker], dead: [broker], layout: layout, context) {
                throw StepFailure(
                    code: StepFailure.notEmpty, what: title, object: subject, reason: held.words,
                    remedy: "gantry operation abort; then the same command without --dead")
            }
            await context.note(
                "broker \(broker) was given up as dead and serves again: it holds nothing, and is stopped")
            _ = try await node.stop(container, title: title, context)
            return true
        } catch {
            guard error.unreachable else { throw error }
            return false
        }
    }

    /// Clears what would survive it, and takes the registration away; false where there was none.
    private func clear(_ context: StepContext) async throws(ClusterProblem) -> Bool {
        let cleared = try await context.world.control.change(
            [
                .broker(broker): [
                    SettingChange(CordonBroker.setting, .delete),
                    SettingChange(ThrottleKeeper.Name.leaderRate, .delete),
                    SettingChange(ThrottleKeeper.Name.followerRate, .delete),
                ]
            ], layout)
        if let refusal = cleared.refused.first, refusal.code != 102 {
            await context.note("settings of broker \(broker) stay: \(refusal.reason)")
        }
        return try await context.world.control.unregister(broker, layout)
    }

    private func registration(_ context: StepContext) async throws(StepFailure) -> RegisteredBroker? {
        let seen = await context.world.cluster.observe(layout, detail: .minimal)
        guard let cluster = seen.value, cluster.brokers.value != nil else {
            throw StepFailure(
                code: "kafka-silent", what: "looking for its registration", object: subject,
                reason: seen.reason ?? seen.value?.brokers.reason ?? "no broker answers",
                remedy: "gantry clusterstatus; then gantry operation resume")
        }
        guard cluster.clusterID == layout.clusterID else { throw otherCluster(cluster.clusterID, layout) }
        return cluster.broker(broker)
    }
}
