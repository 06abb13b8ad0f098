public import FleetModel
import Observation
public import OperationModel

/// Proves that brokers hold nothing: no replica in the metadata and no log in their directories, twice in a row.
public struct VerifyEmpty: Step {
    /// Names the type in plans.
    public static let kind = OperationPlan.provingKind
    /// Always.
    public static let onlyLooks = true
    /// Kafka deletes a log a moment after its replica has left; what is there after this time stays.
    private static let limit: Duration = .seconds(120)
    /// The brokers.
    public var brokers: [NodeID]
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// Brokers that do not run: their directories can't be asked, the metadata must do.
    public var dead: [NodeID]

    /// Proves that `brokers` hold nothing.
    public init(brokers: [NodeID], dead: [NodeID] = [], layout: ClusterLayout) {
        self.brokers = brokers
        self.dead = dead
        self.layout = layout
    }

    /// The brokers' ids.
    public var object: String { brokers.map(\.description).joined(separator: ",") }
    /// As people write it.
    public var subject: String { "broker \(object)" }
    /// The host, where there is only one.
    public var host: HostName? {
        let hosts = Set(brokers.compactMap { layout.node($0)?.host })
        return hosts.count == 1 ? hosts.first : nil
    }
    /// One line for people.
    public var title: String { "verify twice that broker \(object) holds nothing" }

    /// Never known before: it is a proof about now.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe { .needed }

    /// Looks until two looks in a row find nothing, or the time is up.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        var empty = 0
        while true {
            let found = try await BrokerContents.look(brokers, dead: dead, layout: layout, context)
            empty = found == nil ? empty + 1 : 0
            if empty == 2 { return "no replica in metadata, none in log directories" }
            if let found, context.world.clock.uptime() - start >= Self.limit {
                throw StepFailure(
                    code: StepFailure.notEmpty, what: title, object: "broker \(found.broker)", reason: found.words,
                    remedy: "gantry operation resume drains what is left")
            }
            try await pause(context)
        }
    }
}

/// What a broker that should be empty still holds.
struct BrokerContents {
    var broker: NodeID
    var words: String

    /// The first broker that holds something; nil when none does. Canaries count nowhere.
    static func look(
        _ brokers: [NodeID], dead: [NodeID], layout: ClusterLayout, _ context: StepContext
    ) async throws(StepFailure) -> BrokerContents? {
        let seen = await context.world.cluster.observe(layout, detail: .listing)
        guard let cluster = seen.value, let table = cluster.partitions.value else {
            throw StepFailure(
                code: "kafka-silent", what: "listing partitions", object: "the cluster",
                reason: seen.reason ?? seen.value?.partitions.reason ?? "no broker answers",
                remedy: "gantry clusterstatus; then gantry operation resume")
        }
        guard cluster.clusterID == layout.clusterID else { throw otherCluster(cluster.clusterID, layout) }
        let ids = Set(brokers.map(\.rawValue))
        var held: [NodeID: [TopicPartition]] = [:]
        for row in table.rows where !row.topic.isCanary {
            for id in row.replicas where ids.contains(id) {
                if let id = NodeID(rawValue: id) { held[id, default: []].append(row.name) }
            }
        }
        if let (broker, partitions) = held.min(by: { $0.key < $1.key }) {
            return BrokerContents(
                broker: broker,
                words:
                    "\(counted(partitions.count, "replica", "is", "are")) assigned to it: \(Mover.examples(partitions))"
            )
        }
        let running = brokers.filter { !dead.contains($0) }
        let logs = await context.world.control.replicaLogs(of: running, partitions: nil, layout)
        for broker in running {
            guard let directories = logs[broker]?.value else {
                // Where its host does not answer, that is why.
                _ = try await layout.node(broker)?.container(context)
                throw StepFailure(
                    code: "log-directories-unknown", what: "asking for log directories", object: "broker \(broker)",
                    reason: logs[broker]?.reason ?? "it does not answer",
                    remedy: "see that the broker runs; then gantry operation resume")
            }
            let left = directories.flatMap(\.replicas).map(\.partition).filter {
                !$0.topic.hasPrefix(CanaryTopic.prefix)
            }
            if !left.isEmpty {
                return BrokerContents(
                    broker: broker,
                    words:
                        "\(counted(left.count, "log", "is", "are")) in its directories: \(Mover.examples(left.sorted()))"
                )
            }
        }
        return nil
    }
}
