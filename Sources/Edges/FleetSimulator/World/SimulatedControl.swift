public import FleetModel
public import Operations

extension SimulatedFleet: ClusterControl {
    /// What a request that nobody answers is waited for.
    private static let patience: Duration = .seconds(30)
    /// What a controller needs for each partition or resource of a request: 10,200 took 1.2 s.
    private static let effort: Duration = .microseconds(120)

    /// The moves under way.
    public func reassignments(_ layout: ClusterLayout) async throws(ClusterProblem) -> [ReassignmentObservation] {
        try await ask(.list, layout) { $0.reassignments() }
    }

    /// Starts moves.
    public func reassign(
        _ targets: [ReplicaTarget], changingReplicationFactor: Bool, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        ControlOutcome(
            try await ask(.reassign, layout, subjects: targets.count) { kafka in
                kafka.reassign(
                    targets.map { ($0.partition, $0.replicas) }, changingReplicationFactor: changingReplicationFactor)
            }, alreadyDone: [])
    }

    /// Takes moves back.
    public func cancelReassignments(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        ControlOutcome(
            try await ask(.cancel, layout, subjects: partitions.count) { kafka in
                kafka.reassign(partitions.map { ($0, nil) }, changingReplicationFactor: true)
            }, alreadyDone: [.noReassignmentInProgress])
    }

    /// Elects preferred leaders.
    public func electPreferredLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        guard !partitions.isEmpty else { return ControlOutcome(done: []) }
        return ControlOutcome(
            try await ask(.elect, layout, subjects: partitions.count) { $0.electPreferredLeaders(partitions) },
            alreadyDone: [.electionNotNeeded])
    }

    /// Elects whoever serves.
    public func electAnyLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        guard !partitions.isEmpty else { return ControlOutcome(done: []) }
        return ControlOutcome(
            try await ask(.elect, layout, subjects: partitions.count) { $0.electAnyLeaders(partitions) },
            alreadyDone: [.electionNotNeeded])
    }

    /// What the log directories hold.
    public func replicaLogs(
        of brokers: [NodeID], partitions: [TopicPartition]?, _ layout: ClusterLayout
    ) async -> [NodeID: Known<[LogDirectoryContents]>] {
        await wait(.milliseconds(5))
        do throws(SimulationProblem) {
            return try await world(.look) { state in
                var result: [NodeID: Known<[LogDirectoryContents]>] = [:]
                for id in brokers {
                    result[id] = state.kafka.logDirectories(of: id, partitions: partitions).map { directories in
                        directories.map { directory, replicas in
                            LogDirectoryContents(
                                directory: directory,
                                replicas: replicas.map { ReplicaLog(partition: $0.0, size: $0.1, lag: $0.lag) })
                        }
                    }
                }
                return result
            }
        } catch { return Dictionary(brokers.map { ($0, .unknown(reason: "\(error)")) }) { first, _ in first } }
    }

    /// Settings that were made while the cluster runs.
    public func dynamicSettings(
        _ names: [String], of owners: [ConfigurationOwner], _ layout: ClusterLayout
    ) async -> [ConfigurationOwner: Known<[Setting]>] {
        await wait(.milliseconds(5))
        do throws(SimulationProblem) {
            return try await world(.look) { state in
                var result: [ConfigurationOwner: Known<[Setting]>] = [:]
                let isAnswered = layout.brokers.contains { state.kafka.answers($0.id) }
                for owner in owners {
                    result[owner] =
                        isAnswered
                        ? state.kafka.dynamicSettings(names, of: owner) : .unknown(reason: "no broker answers")
                }
                return result
            }
        } catch { return Dictionary(owners.map { ($0, .unknown(reason: "\(error)")) }) { first, _ in first } }
    }

    /// Settings of brokers' properties, as their processes read them.
    public func settingsAtStart(
        _ names: [String], of brokers: [NodeID], _ layout: ClusterLayout
    ) async -> [NodeID: Known<[Setting]>] {
        await wait(.milliseconds(5))
        do throws(SimulationProblem) {
            return try await world(.look) { state in
                Dictionary(
                    brokers.map { ($0, state.kafka.settingsAtStart(names, of: $0)) },
                    uniquingKeysWith: { first, _ in first }
                )
            }
        } catch { return Dictionary(brokers.map { ($0, .unknown(reason: "\(error)")) }) { first, _ in first } }
    }

    /// Changes settings: cordons at the brokers themselves, the others at the active controller.
    public func change(
        _ changes: [ConfigurationOwner: [SettingChange]], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<ConfigurationOwner> {
        let cordons = changes.filter { owner, changes in changes.contains(where: \.setsCordon) }
        let others = changes.filter { cordons[$0.key] == nil }
        var answers: [KafkaAnswer<ConfigurationOwner>] = []
        if !others.isEmpty {
            answers += try await ask(.settings, layout, subjects: others.count, forwarded: false) {
                $0.changeSettings(others, at: .controller)
            }
        }
        for (owner, changes) in cordons.sorted(by: { $0.key.description < $1.key.description }) {
            answers += try await askOwner(owner, changes, layout)
        }
        return ControlOutcome(answers, alreadyDone: [])
    }

    private func askOwner(
        _ owner: ConfigurationOwner, _ changes: [SettingChange], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> [KafkaAnswer<ConfigurationOwner>] {
        guard case .broker(let id) = owner else {
            return try await ask(.settings, layout) { $0.changeSettings([owner: changes], at: .controller) }
        }
        let answers = try await ask(.settings, layout) { kafka in
            kafka.answers(id) ? kafka.changeSettings([owner: changes], at: .broker(id)) : nil
        }
        guard let answers else {
            throw .silent("broker \(id) does not answer, and only it takes its own cordon", mayHaveBeenApplied: false)
        }
        return answers
    }

    /// Takes a registration away.
    public func unregister(_ broker: NodeID, _ layout: ClusterLayout) async throws(ClusterProblem) -> Bool {
        try await ask(.unregister, layout) { $0.unregister(broker) } == .none
    }

    /// Makes a voter.
    public func addVoter(
        _ id: NodeID, directory: DirectoryID, endpoint: Endpoint, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool {
        let code = try await ask(.addVoter, layout) { kafka in
            kafka.clusterID == layout.clusterID
                ? kafka.addVoter(id, directory: directory, endpoint: endpoint) : .inconsistentClusterID
        }
        return try Self.changed(code, alreadySo: .duplicateVoter, "make controller \(id) a voter")
    }

    /// Takes a voter out.
    public func removeVoter(
        _ id: NodeID, directory: DirectoryID, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool {
        let code = try await ask(.removeVoter, layout) { kafka in
            kafka.clusterID == layout.clusterID ? kafka.removeVoter(id, directory: directory) : .inconsistentClusterID
        }
        return try Self.changed(code, alreadySo: .voterNotFound, "take voter \(id) out of the quorum")
    }

    private static func changed(
        _ code: KafkaCode, alreadySo: KafkaCode, _ what: String
    ) throws(ClusterProblem) -> Bool {
        if code == .none || code == alreadySo { return code == .none }
        let timedOut = code == .requestTimedOut
        throw ClusterProblem(
            code: timedOut ? ClusterProblem.timedOut : "kafka-refused", mayHaveBeenApplied: timedOut,
            reason: "cannot \(what): Kafka answers with error \(code.rawValue)", remedy: "read the quorum back")
    }

    /// Deletes topics.
    public func deleteTopics(
        _ names: [String], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<String> {
        ControlOutcome(
            try await ask(.deleteTopics, layout, subjects: names.count) { $0.deleteTopics(names) },
            alreadyDone: [.unknownTopicOrPartition])
    }

    // MARK: - The way to the controller

    private enum Answer<Value: Sendable>: Sendable {
        case value(Value)
        case silence(String, mayHaveBeenApplied: Bool)
        case notController
    }

    /// Asks the active controller, by its own listener or, where none of them answers, by a broker that passes it on.
    private func ask<Value: Sendable>(
        _ call: KafkaCall, _ layout: ClusterLayout, subjects: Int = 1, forwarded: Bool = true,
        _ body: @Sendable (inout SimulatedKafka) -> Value
    ) async throws(ClusterProblem) -> Value {
        await wait(.milliseconds(5) + Self.effort * subjects)
        let answer: Answer<Value>
        do throws(SimulationProblem) {
            answer = try await world(call == .list ? .look : .change) { state -> Answer<Value> in
                Self.answer(call, layout, forwarded, &state.kafka, body)
            }
        } catch {
            throw ClusterProblem(
                code: error.code.rawValue, mayHaveBeenApplied: false, reason: "\(error.object): \(error.reason)",
                remedy: error.remedy)
        }
        switch answer {
        case .value(let value): return value
        case .notController:
            throw ClusterProblem(
                code: "not-controller", mayHaveBeenApplied: false,
                reason: "the controller that was asked is not the active one", remedy: "try again in a moment")
        case .silence(let reason, let mayHaveBeenApplied):
            await wait(mayHaveBeenApplied ? Self.patience : .seconds(3))
            throw .silent(reason, mayHaveBeenApplied: mayHaveBeenApplied)
        }
    }

    private static func answer<Value: Sendable>(
        _ call: KafkaCall, _ layout: ClusterLayout, _ forwarded: Bool, _ kafka: inout SimulatedKafka,
        _ body: (inout SimulatedKafka) -> Value
    ) -> Answer<Value> {
        let controllers = layout.controllers.contains { kafka.answers($0.id) }
        let brokers = layout.brokers.contains { kafka.answers($0.id) }
        guard controllers || brokers && forwarded else {
            return .silence(
                forwarded ? "no controller and no broker answers" : "no controller answers", mayHaveBeenApplied: false)
        }
        guard kafka.activeController != nil else {
            return .silence("no controller is active", mayHaveBeenApplied: call != .list)
        }
        switch kafka.takeInjection(call) {
        case nil: return .value(body(&kafka))
        case .notController: return .notController
        case .lost: return .silence("no answer came", mayHaveBeenApplied: true)
        case .appliedWithoutAnswer:
            _ = body(&kafka)
            return .silence("no answer came", mayHaveBeenApplied: true)
        }
    }
}

extension ClusterProblem {
    fileprivate static func silent(_ reason: String, mayHaveBeenApplied: Bool) -> ClusterProblem {
        ClusterProblem(
            code: "kafka-silent", mayHaveBeenApplied: mayHaveBeenApplied, reason: reason,
            remedy: mayHaveBeenApplied ? "look whether it has been done, then try again" : "see that the nodes run")
    }
}

extension SettingChange {
    /// Whether it sets a cordon, which the controllers refuse; they do take one away.
    fileprivate var setsCordon: Bool {
        guard name == SettingName.cordon else { return false }
        if case .delete = action { return false }
        return true
    }
}

extension ControlOutcome {
    fileprivate init(_ answers: [KafkaAnswer<Subject>], alreadyDone: Set<KafkaCode>) {
        self.init(done: [])
        for answer in answers {
            if answer.code == .none || alreadyDone.contains(answer.code) {
                done.append(answer.subject)
            } else {
                refused.append(
                    Refusal(
                        answer.subject, code: answer.code.rawValue,
                        reason: answer.message ?? "Kafka answers with error \(answer.code.rawValue)"))
            }
        }
    }
}
