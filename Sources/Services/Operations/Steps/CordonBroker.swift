public import FleetModel
import Observation
public import OperationModel

/// Keeps Kafka from placing anything new on a broker that leaves (KIP-1066, Kafka 4.3). Where the cluster can't do it yet,
/// nothing is lost: what is created there meanwhile is moved with the rest.
public struct CordonBroker: Step {
    /// Names the type in plans.
    public static let kind = OperationPlan.cordoningKind
    static let setting = "cordoned.log.dirs"
    /// A cordon is in force at the controllers after 150 ms (KAFKA.md section 4); what lands in between is swept up later.
    private static let limit: Duration = .seconds(10)
    /// The broker.
    public var broker: NodeID
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Cordons `broker`.
    public init(broker: NodeID, layout: ClusterLayout) { (self.broker, self.layout) = (broker, layout) }

    /// The broker's id.
    public var object: String { broker.description }
    /// As people write it.
    public var subject: String { "broker \(broker)" }
    /// Its host.
    public var host: HostName? { layout.node(broker)?.host }
    /// One line for people.
    public var title: String { "keep new partitions off broker \(broker)" }

    /// Whether all of its directories are cordoned.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        await isCordoned(context) ? .satisfied(nil) : .needed
    }

    /// Keeps the value before in the journal, cordons, and sees that it holds.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            let prior = await value(context) ?? ""
            try await context.world.memory.setValue(prior, for: key(context))
        } catch {
            throw StepFailure(
                code: "journal", what: title, object: subject, reason: "\(error)",
                remedy: "see that the state directory can be written, then gantry operation resume")
        }
        do throws(ClusterProblem) {
            let outcome = try await context.world.control.change(
                [.broker(broker): [SettingChange(Self.setting, .set("*"))]], layout)
            if let refusal = outcome.refused.first {
                return "not cordoned: \(refusal.reason); what is created there meanwhile is moved too"
            }
        } catch {
            return "not cordoned: \(error.reason); what is created there meanwhile is moved too"
        }
        let start = context.world.clock.uptime()
        while await !isCordoned(context), context.world.clock.uptime() - start < Self.limit {
            try await pause(context)
        }
        return nil
    }

    /// Takes the cordon away, or puts back what was set before it.
    public func abandon(_ context: StepContext) async throws(StepFailure) -> String? {
        let prior = (try? await context.world.memory.value(key(context))) ?? ""
        guard prior != "*" else { return nil }
        // A broker that is dead tells nothing of its directories; its setting is known to the controllers, who delete it.
        var isSet = await isCordoned(context)
        if !isSet { isSet = await value(context) == "*" }
        guard isSet else { return nil }
        try await lift(context, prior: prior)
        return "new partitions may be placed on broker \(broker) again"
    }

    private func lift(_ context: StepContext, prior: String) async throws(StepFailure) {
        do throws(ClusterProblem) {
            let action: SettingChange.Action = prior.isEmpty ? .delete : .set(prior)
            let outcome = try await context.world.control.change(
                [.broker(broker): [SettingChange(Self.setting, action)]], layout)
            if let refusal = outcome.refused.first {
                throw ClusterProblem(
                    code: "kafka-refused", mayHaveBeenApplied: false, reason: refusal.reason,
                    remedy:
                        "kafka-configs.sh --alter --entity-type brokers --entity-name \(broker) --delete-config \(Self.setting)"
                )
            }
        } catch {
            throw context.failure(error, what: "lifting the cordon", object: subject)
        }
    }

    private func isCordoned(_ context: StepContext) async -> Bool {
        let found = await context.world.control.replicaLogs(of: [broker], partitions: [], layout)[broker]?.value
        guard let found, !found.isEmpty else { return false }
        return found.allSatisfy(\.directory.isCordoned)
    }

    private func value(_ context: StepContext) async -> String? {
        let found = await context.world.control.dynamicSettings([Self.setting], of: [.broker(broker)], layout)
        return found[.broker(broker)]?.value?.first { $0.source == .broker }?.value
    }

    private func key(_ context: StepContext) -> String { "cordon/\(context.cluster)/\(broker)" }
}
