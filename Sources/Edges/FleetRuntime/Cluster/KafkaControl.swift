import FleetModel
import KafkaAdmin
import KafkaProtocol
import Observation
import Operations

/// The services' hand on Kafka: asks the active controller where it can be reached, else brokers, which pass on what is
/// the controller's to do.
extension KafkaCluster: ClusterControl {
    /// For a request that changes something: a controller that has thousands of partitions to write takes its time.
    static let controlPatience: Duration = .seconds(30)

    func reassignments(_ layout: ClusterLayout) async throws(ClusterProblem) -> [ReassignmentObservation] {
        try await control(layout) { admin throws(KafkaAdminError) in try await admin.listReassignments() }
    }

    func reassign(
        _ targets: [ReplicaTarget], changingReplicationFactor: Bool, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        try await outcome(layout) { admin throws(KafkaAdminError) in
            await admin.reassign(targets, keepingReplicationFactor: !changingReplicationFactor)
        }
    }

    func cancelReassignments(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        try await outcome(layout) { admin throws(KafkaAdminError) in await admin.cancelReassignments(partitions) }
    }

    func electPreferredLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        guard !partitions.isEmpty else { return ControlOutcome(done: []) }
        return try await outcome(layout) { admin throws(KafkaAdminError) in
            try await admin.electLeaders(.preferred, .only(partitions))
        }
    }

    func electAnyLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        guard !partitions.isEmpty else { return ControlOutcome(done: []) }
        return try await outcome(layout) { admin throws(KafkaAdminError) in
            try await admin.electLeaders(.unclean, .only(partitions))
        }
    }

    func replicaLogs(
        of brokers: [NodeID], partitions: [TopicPartition]?, _ layout: ClusterLayout
    ) async -> [NodeID: Known<[LogDirectoryContents]>] {
        guard let admin = await links.brokers(layout) else { return [:] }
        let answers = await admin.describeLogDirectories(of: brokers, partitions.map { .only($0) } ?? .all)
        return answers.byBroker.mapValues { answer in
            switch answer {
            case .success(let directories): .known(directories.map(LogDirectoryContents.init))
            case .failure(let error): .unknown(reason: "\(error)")
            }
        }
    }

    func dynamicSettings(
        _ names: [String], of owners: [ConfigurationOwner], _ layout: ClusterLayout
    ) async -> [ConfigurationOwner: Known<[Setting]>] {
        await settings(names, of: owners, layout).mapValues { $0.map { $0.filter(\.source.isDynamic) } }
    }

    func settingsAtStart(
        _ names: [String], of brokers: [NodeID], _ layout: ClusterLayout
    ) async -> [NodeID: Known<[Setting]>] {
        let found = await settings(names, of: brokers.map { .broker($0) }, layout)
        return Dictionary(
            brokers.compactMap { id in
                found[.broker(id)].map { (id, $0.map { $0.filter { $0.source == .properties } }) }
            }, uniquingKeysWith: { first, _ in first })
    }

    private func settings(
        _ names: [String], of owners: [ConfigurationOwner], _ layout: ClusterLayout
    ) async -> [ConfigurationOwner: Known<[Setting]>] {
        var result: [ConfigurationOwner: Known<[Setting]>] = [:]
        guard let admin = await links.brokers(layout) else {
            for owner in owners { result[owner] = .unknown(reason: "the session has ended") }
            return result
        }
        let answer = await admin.describeSettings(of: owners, .only(names))
        for (owner, settings) in answer.settings { result[owner] = .known(settings) }
        for failure in answer.failed.failed { result[failure.subject] = .unknown(reason: "\(failure.error)") }
        return result
    }

    func change(
        _ changes: [ConfigurationOwner: [SettingChange]], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<ConfigurationOwner> {
        // A cordon is set by the broker alone; whatever else is changed goes to the controllers, dead brokers' too.
        let cordons = changes.filter { owner, changes in changes.contains { $0.setsCordon } }
        let others = changes.filter { cordons[$0.key] == nil }
        var done = ControlOutcome<ConfigurationOwner>(done: [])
        if !others.isEmpty {
            done = try await outcome(layout, forwarded: false) { admin throws(KafkaAdminError) in
                await admin.changeSettings(others)
            }
        }
        if !cordons.isEmpty {
            let set = try await outcome(layout, of: links.brokers) { admin throws(KafkaAdminError) in
                await admin.changeSettings(cordons)
            }
            done.done += set.done
            done.refused += set.refused
        }
        return done
    }

    func unregister(_ broker: NodeID, _ layout: ClusterLayout) async throws(ClusterProblem) -> Bool {
        try await control(layout) { admin throws(KafkaAdminError) in try await admin.unregisterBroker(broker) }
    }

    func addVoter(
        _ id: NodeID, directory: DirectoryID, endpoint: Endpoint, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool {
        try await control(layout) { admin throws(KafkaAdminError) in
            try await admin.addVoter(
                id, directory: directory, listeners: [VoterListener(name: "CONTROLLER", endpoint: endpoint)],
                cluster: layout.clusterID) == .made
        }
    }

    func removeVoter(
        _ id: NodeID, directory: DirectoryID, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool {
        try await control(layout) { admin throws(KafkaAdminError) in
            try await admin.removeVoter(id, directory: directory, cluster: layout.clusterID) == .made
        }
    }

    func deleteTopics(
        _ names: [String], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<String> {
        try await outcome(layout) { admin throws(KafkaAdminError) in try await admin.deleteTopics(names) }
    }

    // MARK: - Ways there

    /// Asks the controllers by their own listeners; where none of them can be reached, asks brokers, which forward it.
    private func control<Value: Sendable>(
        _ layout: ClusterLayout, forwarded: Bool = true,
        _ call: (KafkaAdmin) async throws(KafkaAdminError) -> Value
    ) async throws(ClusterProblem) -> Value {
        guard var admin = await links.controllers(layout) else { throw .sessionEnded }
        admin.timeout = Self.controlPatience
        do throws(KafkaAdminError) {
            return try await call(admin)
        } catch {
            guard forwarded, case .unanswered(_, outcomeUnknown: false) = error.reason,
                var broker = await links.forwarding(layout)
            else { throw ClusterProblem(error) }
            broker.timeout = Self.controlPatience
            do throws(KafkaAdminError) { return try await call(broker) } catch { throw ClusterProblem(error) }
        }
    }

    private func outcome<Subject>(
        _ layout: ClusterLayout, forwarded: Bool = true,
        _ call: (KafkaAdmin) async throws(KafkaAdminError) -> PartialResult<Subject>
    ) async throws(ClusterProblem) -> ControlOutcome<Subject> {
        try ControlOutcome(
            await control(layout, forwarded: forwarded) { admin throws(KafkaAdminError) in
                let result = try await call(admin)
                // Where every subject failed for want of an answer, it is the call that failed.
                if result.done.isEmpty, let first = result.failed.first?.error, case .unanswered = first.reason {
                    throw first
                }
                return result
            })
    }

    private func outcome<Subject>(
        _ layout: ClusterLayout, of admins: (ClusterLayout) async -> KafkaAdmin?,
        _ call: (KafkaAdmin) async throws(KafkaAdminError) -> PartialResult<Subject>
    ) async throws(ClusterProblem) -> ControlOutcome<Subject> {
        guard let admin = await admins(layout) else { throw .sessionEnded }
        let result: PartialResult<Subject>
        do throws(KafkaAdminError) { result = try await call(admin) } catch { throw ClusterProblem(error) }
        return try ControlOutcome(result)
    }
}

extension SettingChange {
    /// Whether it sets a cordon, which the controllers refuse; they do take one away.
    fileprivate var setsCordon: Bool {
        guard name == "cordoned.log.dirs" else { return false }
        if case .delete = action { return false }
        return true
    }
}

extension ControlOutcome {
    /// A request without an answer among several is the call's failure: what it did must be read back.
    fileprivate init(_ result: PartialResult<Subject>) throws(ClusterProblem) {
        if let silent = result.failed.first(where: { $0.error.code == nil && $0.error.isRetriable }) {
            throw ClusterProblem(silent.error, othersApplied: !result.done.isEmpty)
        }
        self.init(
            done: result.done,
            refused: result.failed.map {
                Refusal($0.subject, code: $0.error.code?.rawValue, reason: "\($0.error.reason)")
            })
    }
}

extension ClusterProblem {
    fileprivate static var sessionEnded: ClusterProblem {
        ClusterProblem(
            code: "cancelled", mayHaveBeenApplied: false, reason: "the session has ended", remedy: "run it again")
    }

    fileprivate init(_ error: KafkaAdminError, othersApplied: Bool = false) {
        let code: String
        var applied = othersApplied
        switch error.reason {
        // Kafka's own time was over: what it had begun may still be made.
        case .refused(.requestTimedOut, _): (code, applied) = (ClusterProblem.timedOut, true)
        case .refused: code = "kafka-refused"
        case .unanswered(_, let unknown): (code, applied) = ("kafka-silent", unknown || othersApplied)
        case .notOffered: code = "kafka-too-old"
        case .unexpected: code = "kafka-answer"
        }
        self.init(code: code, mayHaveBeenApplied: applied, reason: "\(error)", remedy: error.remedy)
    }
}

extension LogDirectoryContents {
    fileprivate init(_ found: LogDirectory) {
        self.init(
            directory: found.observation,
            replicas: found.replicas.filter { !$0.isFuture }.map {
                ReplicaLog(partition: $0.partition, size: $0.size, lag: $0.offsetLag)
            })
    }
}
