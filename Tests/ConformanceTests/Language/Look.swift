import FleetModel
import Observation
import Operations

@testable import FleetRuntime

/// One look at a stage, compared with what is expected.
struct Look {
    let player: Player

    /// What is seen instead; nil where it is as expected.
    func otherwise(than expectation: Expectation) async throws -> String? {
        switch expectation {
        case .replicas(let partition, let ids):
            try await row(partition) { Array($0.replicas) == ids ? nil : "replicas are \($0.replicas)" }
        case .inSync(let partition, let ids):
            try await row(partition) { Set($0.inSync) == ids ? nil : "in sync are \($0.inSync)" }
        case .lagging(let partition, let ids):
            try await row(partition) { Set($0.lagging) == ids ? nil : "lagging are \($0.lagging)" }
        case .leader(let partition, let id):
            try await row(partition) {
                $0.leader?.rawValue == id ? nil : "the leader is \($0.leader?.description ?? "none")"
            }
        case .ledByOneOf(let partition, let ids):
            try await row(partition) {
                $0.leader.map { ids.contains($0.rawValue) } == true
                    ? nil : "the leader is \($0.leader?.description ?? "none")"
            }
        case .moving(let partition, let adding, let removing):
            try await moves { moves in
                guard let move = moves.first(where: { $0.partition == player.full(partition) }) else {
                    return "it is not moving"
                }
                return Set(move.adding.map(\.rawValue)) == adding && Set(move.removing.map(\.rawValue)) == removing
                    ? nil : "adding \(move.adding), removing \(move.removing)"
            }
        case .settled(let partition):
            try await moves { $0.contains { $0.partition == player.full(partition) } ? "it is moving" : nil }
        case .absent(let topic):
            try await table { $0.topics.contains { $0.name == player.prefix + topic } ? "it is there" : nil }
        case .avoids(let topic, let ids):
            try await table { table in
                let found = table.rows.filter { $0.topic.name == player.prefix + topic }
                if found.isEmpty { return "it is not there" }
                let used = Set(found.flatMap(\.replicas)).intersection(ids)
                return used.isEmpty ? nil : "replicas are on \(used.sorted())"
            }
        case .serving(let ids):
            try await brokers { brokers in
                let serving = Set(brokers.filter { !$0.fenced }.map(\.id.rawValue))
                return serving == ids ? nil : "serving are \(serving.sorted())"
            }
        case .fenced(let id):
            try await brokers { $0.contains { $0.id.rawValue == id && $0.fenced } ? nil : "it is not fenced" }
        case .unregistered(let id):
            try await brokers { $0.contains { $0.id.rawValue == id } ? "it is registered" : nil }
        case .container(let id, let state, let exitCode, let restarts):
            try await container(id, state, exitCode, restarts)
        case .noContainer(let id): try await player.container(id).map { "it is \($0.state)" }
        case .host(let number, let word):
            try await host(number, word)
        case .setting(let owner, let name, let value):
            try await settings(owner, name) { settings in
                guard let settings = settings.value else { return "unknown: \(settings.reason ?? "")" }
                let found = settings.first { $0.name == name }
                return found?.value == value ? nil : "it is \(found?.value ?? "not set")"
            }
        case .settingUnknown(let owner, let name):
            try await settings(owner, name) { $0.value == nil ? nil : "it is known: \($0)" }
        case .cordoned(let id, let isCordoned):
            try await logs(id, nil) { $0.contains { $0.directory.isCordoned != isCordoned } ? "it is otherwise" : nil }
        case .hasLog(let id, let partition, let wanted):
            try await logs(id, [player.full(partition)]) { directories in
                directories.contains { !$0.replicas.isEmpty } == wanted ? nil : "it is otherwise"
            }
        case .canary(let id, let ok):
            try await canary(id, ok)
        case .voters(let ids):
            try await quorum { quorum in
                let voters = Set(quorum.voters.map(\.id.rawValue))
                return voters == ids ? nil : "voters are \(voters.sorted())"
            }
        case .activeController(let ids):
            try await quorum { quorum in
                quorum.leader.map { ids.contains($0.rawValue) } == true
                    ? nil : "it is \(quorum.leader?.description ?? "none")"
            }
        }
    }

    // MARK: Kafka

    private var stage: any Stage { player.stage }

    private func observed(
        _ detail: ObservationDetail, _ body: (ClusterObservation) throws -> String?
    ) async throws -> String? {
        switch await stage.ports.cluster.observe(stage.layout, detail: detail) {
        case .known(let found): try body(found)
        case .unknown(let reason): "nothing is known: \(reason)"
        }
    }

    private func table(_ body: (PartitionTable) throws -> String?) async throws -> String? {
        try await observed(ObservationDetail(logDirectories: false, configuration: false)) { found in
            switch found.partitions {
            case .known(let table): try body(table)
            case .unknown(let reason): "partitions are unknown: \(reason)"
            }
        }
    }

    private func row(_ partition: Partition, _ body: (PartitionObservation) -> String?) async throws -> String? {
        let name = player.full(partition)
        return try await table { table in
            guard
                let row = table.rows.first(where: { $0.topic.name == name.topic && $0.partition == name.partition })
            else { return "there is no such partition" }
            return body(row)
        }
    }

    private func moves(_ body: ([ReassignmentObservation]) -> String?) async throws -> String? {
        body(try await stage.ports.clusterControl.reassignments(stage.layout))
    }

    private func brokers(_ body: ([RegisteredBroker]) -> String?) async throws -> String? {
        try await observed(.minimal) { found in
            switch found.brokers {
            case .known(let brokers): body(brokers)
            case .unknown(let reason): "brokers are unknown: \(reason)"
            }
        }
    }

    private func quorum(_ body: (QuorumObservation) -> String?) async throws -> String? {
        try await observed(.minimal) { found in
            switch found.quorum {
            case .known(let quorum): body(quorum)
            case .unknown(let reason): "the quorum is unknown: \(reason)"
            }
        }
    }

    private func settings(
        _ owner: Owner, _ name: String, _ body: (Known<[Setting]>) -> String?
    ) async throws -> String? {
        let owner = try player.full(owner)
        let found = await stage.ports.clusterControl.dynamicSettings([name], of: [owner], stage.layout)
        return body(found[owner] ?? .unknown(reason: "there was no answer"))
    }

    private func logs(
        _ id: Int32, _ partitions: [TopicPartition]?, _ body: ([LogDirectoryContents]) -> String?
    ) async throws -> String? {
        let node = try player.node(id)
        let found = await stage.ports.clusterControl.replicaLogs(of: [node], partitions: partitions, stage.layout)
        switch found[node] {
        case .known(let directories): return body(directories)
        case .unknown(let reason): return "its logs are unknown: \(reason)"
        case nil: return "there was no answer"
        }
    }

    private func canary(_ id: Int32, _ ok: Bool) async throws -> String? {
        let result = await stage.ports.cluster.canary(try player.node(id), layout: stage.layout)
        if case .ok = result { return ok ? nil : "it works" }
        return ok ? "\(result)" : nil
    }

    // MARK: Hosts

    private func container(
        _ id: Int32, _ state: String, _ exitCode: Int32?, _ restarts: Int?
    ) async throws -> String? {
        guard let found = try await player.container(id) else { return "there is none" }
        let isSo =
            found.state.rawValue == state && (exitCode == nil || found.exitCode == exitCode)
            && (restarts == nil || found.restarts == restarts)
        let code = found.exitCode.map { ", exit code \($0)" } ?? ""
        return isSo ? nil : "it is \(found.state)\(code), restarts \(found.restarts)"
    }

    private func host(_ number: Int, _ word: String) async throws -> String? {
        let host = try player.host(number)
        let observer = Observer(
            hosts: stage.ports.hostSource, containers: stage.ports.containerSource, cluster: stage.ports.cluster,
            clock: stage.clock)
        let snapshot = await observer.snapshot(
            Observer.Request(hosts: [host], layout: .unknown(reason: "not asked"), canary: false))
        let found = snapshot.hosts.first?.state.word ?? "unseen"
        return found == word ? nil : "it is \(found)"
    }
}
