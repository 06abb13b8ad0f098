import FleetModel
import KafkaAdmin
import Observation

/// Kafka as the services see it: asks brokers and controllers at once, and keeps what did not answer as unknown.
struct KafkaCluster: ClusterSource {
    /// For one request of a look at the cluster: a node that takes longer is as good as silent.
    static let patience: Duration = .seconds(5)
    /// Settings that the observation reads of topics and brokers.
    private static let topicSettings = [
        "min.insync.replicas", "leader.replication.throttled.replicas", "follower.replication.throttled.replicas",
    ]
    private static let brokerSettings = [
        "leader.replication.throttled.rate", "follower.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second",
    ]

    let links: KafkaLinks
    let clock: any FleetClock

    func observe(_ layout: ClusterLayout, detail: ObservationDetail) async -> Known<ClusterObservation> {
        let isMinimal = !detail.partitions
        async let controllersView = ControllersView(links, layout, isMinimal: isMinimal)
        async let brokersView = BrokersView(links, layout, isMinimal: isMinimal)
        var (brokers, controllers) = (await brokersView, await controllersView)
        let description: ClusterDescription
        switch (brokers.description, controllers.description) {
        case (.known(let found), _), (.unknown, .known(let found)): description = found
        case (.unknown(let reason), .unknown): return .unknown(reason: reason)
        }
        if controllers.description.value == nil, brokers.admin != nil, let admin = await links.forwarding(layout) {
            await controllers.ask(admin, isMinimal: isMinimal)
        }
        let quorum = controllers.quorum
        var observation = ClusterObservation(
            clusterID: description.clusterID, controller: quorum.value?.leader,
            brokers: brokers.description.map(\.nodes), quorum: quorum,
            registeredControllers: controllers.description.map { $0.nodes.map(\.id) },
            partitions: brokers.metadata.map(\.partitions), reassignments: controllers.reassignments)
        observation.markAdding()
        guard let admin = brokers.admin, let nodes = brokers.description.value?.nodes, detail.partitions else {
            return .known(observation)
        }
        let serving = nodes.filter { !$0.fenced }.map(\.id)
        async let directories = detail.logDirectories ? admin.describeLogDirectories(of: serving).byBroker : [:]
        if detail.configuration { await readSettings(admin, serving, &observation) }
        let answers = await directories
        observation.logDirectories = answers.map(Self.directories).sorted { $0.broker < $1.broker }
        if case .known(var table) = observation.partitions, detail.logDirectories {
            table.setSizes(
                answers.values.lazy.compactMap { try? $0.get() }.joined().lazy.flatMap(\.replicas)
                    .filter { !$0.isFuture }.map { ($0.partition, $0.size) })
            observation.partitions = .known(table)
        }
        return .known(observation)
    }

    private static func directories(
        _ broker: NodeID, _ answer: Result<[LogDirectory], KafkaAdminError>
    ) -> BrokerLogDirectories {
        switch answer {
        case .success(let found): BrokerLogDirectories(broker: broker, directories: .known(found.map(\.observation)))
        case .failure(let error): BrokerLogDirectories(broker: broker, directories: .unknown(reason: "\(error)"))
        }
    }

    /// Effective min ISR of topics, and throttles that are set anywhere.
    private func readSettings(
        _ admin: KafkaAdmin, _ serving: [NodeID], _ observation: inout ClusterObservation
    ) async {
        guard case .known(var table) = observation.partitions else { return }
        let topics = table.topics.map { ConfigurationOwner.topic($0.name) }
        async let brokerSettings = admin.describeSettings(
            of: serving.map { .broker($0) }, .only(Self.brokerSettings))
        let topicSettings = await admin.describeSettings(of: topics, .only(Self.topicSettings))
        let own = await brokerSettings
        table.setMinInSyncReplicas { topic in
            topicSettings.settings[.topic(topic.name)]?.first { $0.name == "min.insync.replicas" }?.value
                .flatMap { Int32($0) }
        }
        observation.partitions = .known(table)
        if let failure = (own.failed.failed.first?.error ?? topicSettings.failed.failed.first?.error) {
            observation.throttles = .unknown(reason: "\(failure)")
            return
        }
        let throttles = (own.settings.map { ($0, $1) } + topicSettings.settings.map { ($0, $1) }).flatMap {
            owner, settings in
            settings.compactMap { setting -> ThrottleObservation? in
                guard setting.name != "min.insync.replicas", setting.source.isDynamic, let value = setting.value,
                    !value.isEmpty
                else { return nil }
                return ThrottleObservation(subject: owner.description, name: setting.name, value: value)
            }
        }
        observation.throttles = .known(throttles.sorted { ($0.subject, $0.name) < ($1.subject, $1.name) })
    }

    func canary(_ broker: NodeID, layout: ClusterLayout) async -> CanaryResult {
        guard let admin = await links.brokers(layout) else { return .skipped(reason: "the session has ended") }
        do throws(KafkaAdminError) {
            let times = try await admin.canary(broker, now: clock.now())
            return .ok(produce: times.produce, fetch: times.fetch)
        } catch {
            return .failed(reason: "\(error.reason)")
        }
    }
}

extension Setting.Source {
    /// Whether somebody set it on the running cluster.
    var isDynamic: Bool {
        switch self {
        case .topic, .broker, .allBrokers: true
        default: false
        }
    }
}

/// What brokers know by themselves, asked through any of them.
///
/// A broker works at the requests of a connection one after the other, and forwards those that are the controller's to
/// answer: where the controller is gone, one of these would hold up everything behind it. So they go to the controllers.
private struct BrokersView: Sendable {
    var admin: KafkaAdmin?
    var description: Known<ClusterDescription>
    var metadata: Known<ClusterMetadata>

    init(_ links: KafkaLinks, _ layout: ClusterLayout, isMinimal: Bool) async {
        let silent = "no broker answers"
        metadata = .unknown(reason: isMinimal ? "not asked" : silent)
        guard let admin = await links.brokers(layout) else {
            description = .unknown(reason: "the session has ended")
            return
        }
        do throws(KafkaAdminError) {
            description = .known(try await admin.describeCluster())
            self.admin = admin
        } catch {
            description = .unknown(reason: "\(silent): \(error.reason)")
            return
        }
        guard !isMinimal else { return }
        metadata = await known { () throws(KafkaAdminError) in try await admin.metadata() }
    }
}

/// What the controllers know, asked by their own listeners: the only ones who answer while no broker lives.
private struct ControllersView: Sendable {
    var description: Known<ClusterDescription>
    var quorum: Known<QuorumObservation>
    var reassignments: Known<[ReassignmentObservation]>

    init(_ links: KafkaLinks, _ layout: ClusterLayout, isMinimal: Bool) async {
        guard let admin = await links.controllers(layout) else {
            let ended = "the session has ended"
            (description, quorum, reassignments) = (
                .unknown(reason: ended), .unknown(reason: ended), .unknown(reason: ended)
            )
            return
        }
        description = await known { () throws(KafkaAdminError) in try await admin.describeCluster() }
        (quorum, reassignments) = (
            .unknown(reason: "no controller answers"), .unknown(reason: "no controller answers")
        )
        if description.value != nil { await ask(admin, isMinimal: isMinimal) }
    }

    /// Asks for what only the active controller can tell: itself, or brokers that forward it, where a firewall keeps
    /// the techhost from the controllers.
    mutating func ask(_ admin: KafkaAdmin, isMinimal: Bool) async {
        async let quorum = Self.settledQuorum(admin, isMinimal: isMinimal)
        if isMinimal {
            reassignments = .unknown(reason: "not asked")
        } else {
            reassignments = await known { () throws(KafkaAdminError) in try await admin.listReassignments() }
        }
        self.quorum = await quorum
    }

    /// A leader forgets at its election who fetched when: one that was elected just now is asked once more, when all
    /// that live have fetched again.
    private static func settledQuorum(_ admin: KafkaAdmin, isMinimal: Bool) async -> Known<QuorumObservation> {
        let quorum = await known { () throws(KafkaAdminError) in try await admin.describeQuorum() }
        guard !isMinimal, let seen = quorum.value,
            seen.voters.contains(where: { $0.id != seen.leader && $0.lastFetch == nil }),
            (try? await Task.sleep(for: fetchInterval)) != nil
        else { return quorum }
        let again = await known { () throws(KafkaAdminError) in try await admin.describeQuorum() }
        return again.value == nil ? quorum : again
    }

    /// A follower fetches at least every 500 ms, idle or not: how long its leader lets it wait.
    private static let fetchInterval: Duration = .milliseconds(700)
}

private func known<Value: Sendable>(
    _ ask: @Sendable () async throws(KafkaAdminError) -> Value
) async -> Known<Value> {
    do throws(KafkaAdminError) { return .known(try await ask()) } catch { return .unknown(reason: "\(error)") }
}
