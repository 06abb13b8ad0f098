import FleetModel
import Observation
import Operations
import Testing

@testable import FleetRuntime

/// Plays a scenario on a stage, and leaves it as it was.
struct Player {
    /// Between two looks: short beside what Kafka needs for anything.
    private static let interval: Duration = .milliseconds(200)
    /// A broker that was killed and started again at once waits for its old session: ten seconds, and its start.
    static let recovery: Duration = .seconds(60)

    let stage: any Stage
    let scenario: Scenario
    /// Before the short names of its topics, so that scenarios on one cluster don't meet.
    let prefix: String

    struct Failed: Error, CustomStringConvertible { let description: String }

    func play() async throws {
        try await prepare()
        do {
            for (number, step) in scenario.steps.enumerated() {
                do { try await perform(step) } catch let failure as Failed {
                    throw Failed(description: "step \(number + 1), \(step): \(failure)")
                }
            }
        } catch {
            try? await cleanUp()
            throw error
        }
        try await cleanUp()
    }

    // MARK: Before and after

    private var brokers: Set<Int32> { Set(stage.layout.brokers.map(\.id.rawValue)) }

    /// Everything runs but the brokers that the scenario wants dead.
    private func prepare() async throws {
        for host in stage.hosts {
            let containers = try await stage.ports.containerSource.containers(on: host).containers
            let running = containers.filter { $0.state == .running }.compactMap(\.node)
            let wanted = stage.layout.nodes(on: host).filter {
                !scenario.dead.contains($0.id.rawValue) && !running.contains($0.id)
            }
            if !wanted.isEmpty {
                try await stage.ports.containerControl.start(
                    wanted.map { ContainerName.service(of: $0) }, of: stage.cluster, on: host)
            }
        }
        for id in scenario.dead.sorted() { try await stage.kill(try node(id)) }
        try await perform(.expect(.serving(brokers.subtracting(scenario.dead)), within: Self.recovery))
        for id in scenario.dead { try await perform(.expect(.fenced(id), within: Self.recovery)) }
    }

    /// No topic, no move, no setting of the scenario stays, and what it stopped runs.
    private func cleanUp() async throws {
        for number in Set(scenario.steps.compactMap(\.harmedHost)) { try await stage.heal(try host(number)) }
        let topics = Set(scenario.steps.compactMap(\.madeTopic)).map { prefix + $0 }.sorted()
        if !topics.isEmpty { _ = try await stage.ports.clusterControl.deleteTopics(topics, stage.layout) }
        for owner in Set(scenario.steps.flatMap(\.changedOwners)) {
            guard case .broker(let id) = owner else { continue }
            let names = Set(scenario.steps.flatMap { $0.changedSettings(of: owner) })
            let changes = names.sorted().map { SettingChange($0, .delete) }
            _ = try await stage.ports.clusterControl.change([.broker(try node(id)): changes], stage.layout)
        }
        try await perform(.wait(.milliseconds(200)))
    }

    // MARK: Acts

    private func perform(_ step: Step) async throws {
        let (control, layout) = (stage.ports.clusterControl, stage.layout)
        switch step {
        case .topic(let name, let lists, let settings, let mebibytes, let answer):
            let assignment = try lists.map { try $0.map(node) }
            try await expect(answer) {
                try await stage.makeTopic(
                    prefix + name, .assigned(assignment), settings: settings,
                    bytes: ByteCount(Int64(mebibytes) << 20))
            }
        case .placedTopic(let name, let partitions, let factor, let answer):
            try await expect(answer) {
                try await stage.makeTopic(
                    prefix + name, .automatic(partitions: partitions, factor: factor), settings: [:], bytes: .zero)
            }
        case .deleteTopic(let name):
            let outcome = try await control.deleteTopics([prefix + name], layout)
            try check(outcome, prefix + name, .done)
        case .reassign(let moves, let changingFactor, let answers):
            let targets = try moves.map { ReplicaTarget(partition: full($0.0), replicas: try $0.1.map(node)) }
            let outcome = try await control.reassign(targets, changingReplicationFactor: changingFactor, layout)
            for (target, answer) in zip(targets, answers) { try check(outcome, target.partition, answer) }
        case .cancel(let partition, let answer):
            try check(try await control.cancelReassignments([full(partition)], layout), full(partition), answer)
        case .elect(let partition, let answer):
            try check(try await control.electPreferredLeaders([full(partition)], layout), full(partition), answer)
        case .set(let owner, let changes, let answer):
            let owner = try full(owner)
            try check(try await control.change([owner: changes], layout), owner, answer)
        case .unregister(let id, let was):
            try expect(try await control.unregister(try node(id), layout), was, "it was registered")
        case .removeVoter(let id, let was):
            let (node, directory) = (try place(id), try directory(try place(id)))
            try await expect(was, "it was a voter") {
                try await control.removeVoter(node.id, directory: directory, layout)
            }
        case .addVoter(let id, let wasNone):
            let (node, directory) = (try place(id), try directory(try place(id)))
            try await expect(wasNone, "it was no voter") {
                try await control.addVoter(node.id, directory: directory, endpoint: node.endpoint, layout)
            }
        case .kill(let id): try await stage.kill(try node(id))
        case .crash(let id): try await stage.crash(try node(id))
        case .stop(let id, let grace):
            guard let container = try await container(id) else { throw Failed(description: "there is no container") }
            try await stage.ports.containerControl.stop(container, grace: grace, on: try place(id).host)
        case .start(let id):
            let node = try place(id)
            guard try await container(id)?.state != .running else { return }
            try await stage.ports.containerControl.start(
                [ContainerName.service(of: node)], of: stage.cluster, on: node.host)
        case .remove(let id):
            guard let container = try await container(id) else { throw Failed(description: "there is no container") }
            try await stage.ports.containerControl.remove(container, on: try place(id).host)
        case .cutOff(let number): try await stage.cutOff(try host(number))
        case .stopDocker(let number): try await stage.stopDocker(try host(number))
        case .heal(let number): try await stage.heal(try host(number))
        case .wait(let duration): try await stage.clock.sleep(for: duration)
        case .expect(let expectation, let limit): try await eventually(expectation, within: limit)
        case .holds(let expectation, let duration): try await holds(expectation, for: duration)
        }
    }

    // MARK: Looks

    private func eventually(_ expectation: Expectation, within limit: Duration) async throws {
        let end = stage.clock.uptime() + limit
        while true {
            guard let otherwise = try await Look(player: self).otherwise(than: expectation) else { return }
            guard stage.clock.uptime() < end else {
                throw Failed(description: "not within \(limit): \(otherwise)")
            }
            try await stage.clock.sleep(for: Self.interval)
        }
    }

    private func holds(_ expectation: Expectation, for duration: Duration) async throws {
        let end = stage.clock.uptime() + duration
        while stage.clock.uptime() < end {
            if let otherwise = try await Look(player: self).otherwise(than: expectation) {
                throw Failed(description: "no longer so: \(otherwise)")
            }
            try await stage.clock.sleep(for: Self.interval)
        }
    }

    private func expect(_ answer: Answer, _ body: () async throws -> Answer) async throws {
        let found = try await body()
        if found != answer { throw Failed(description: "the answer was: \(found)") }
    }

    private func expect(_ found: Bool, _ wanted: Bool, _ what: String) throws {
        if found != wanted { throw Failed(description: "'\(what)' was \(found)") }
    }

    /// A change of the voters. One that Kafka has no time for now, since another is under way or its leader is fresh, is
    /// asked again as every user of it must; if the one without time was made all the same, the next finds it so.
    private func expect(_ wanted: Bool, _ what: String, _ change: () async throws -> Bool) async throws {
        let end = stage.clock.uptime() + Self.recovery
        var wasTimedOut = false
        while true {
            do {
                let found = try await change()
                if !found, wasTimedOut { return }
                return try expect(found, wanted, what)
            } catch let problem as ClusterProblem where problem.code == ClusterProblem.timedOut {
                guard stage.clock.uptime() < end else { throw problem }
                wasTimedOut = true
                try await stage.clock.sleep(for: Self.interval)
            }
        }
    }

    private func check<Subject>(_ outcome: ControlOutcome<Subject>, _ subject: Subject, _ answer: Answer) throws {
        let found: Answer
        if let refusal = outcome.refused.first(where: { $0.subject == subject }) {
            found = .refused(refusal.code ?? 0)
        } else if outcome.done.contains(subject) {
            found = .done
        } else {
            throw Failed(description: "there was no answer")
        }
        if found != answer { throw Failed(description: "the answer was: \(found)") }
    }

    // MARK: Names

    func full(_ partition: Partition) -> TopicPartition {
        TopicPartition(topic: prefix + partition.topic, partition: partition.number)
    }

    func full(_ owner: Owner) throws -> ConfigurationOwner {
        switch owner {
        case .topic(let name): .topic(prefix + name)
        case .broker(let id): .broker(try node(id))
        case .allBrokers: .allBrokers
        }
    }

    func node(_ id: Int32) throws -> NodeID { try #require(NodeID(rawValue: id)) }

    func place(_ id: Int32) throws -> NodePlacement {
        let node = try node(id)
        return try #require(stage.layout.node(node), "node \(id) is not in the layout")
    }

    func host(_ number: Int) throws -> HostName {
        try #require(stage.hosts.indices.contains(number - 1) ? stage.hosts[number - 1] : nil)
    }

    private func directory(_ node: NodePlacement) throws -> DirectoryID { try #require(node.directoryID) }

    func container(_ id: Int32) async throws -> ContainerObservation? {
        let node = try place(id)
        return try await stage.ports.containerSource.containers(on: node.host).containers.first { $0.node == node.id }
    }
}

extension Step {
    fileprivate var madeTopic: String? {
        switch self {
        case .topic(let name, _, _, _, _), .placedTopic(let name, _, _, _): name
        default: nil
        }
    }

    fileprivate var harmedHost: Int? {
        switch self {
        case .cutOff(let number), .stopDocker(let number): number
        default: nil
        }
    }

    fileprivate var changedOwners: [Owner] {
        if case .set(let owner, _, _) = self { [owner] } else { [] }
    }

    fileprivate func changedSettings(of owner: Owner) -> [String] {
        if case .set(owner, let changes, _) = self { changes.map(\.name) } else { [] }
    }
}
