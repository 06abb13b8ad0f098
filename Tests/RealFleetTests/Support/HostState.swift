import Processes
import RealHosts
import Testing

/// A container as Docker on a host tells of it.
struct HostContainer: Hashable, Sendable {
    let id: String
    let startedAt: String
    let node: String
    let role: String
    let state: String
}

extension RealFleet {
    /// The numbers of its hosts.
    var hosts: ClosedRange<Int> { 1...addresses.count }

    /// The standard output of a command that must succeed on host `number`.
    func output(_ number: Int, _ command: String, deadline: Duration = .seconds(120)) async throws -> String {
        let result = try await shell(number, command, deadline: deadline)
        try #require(result.exit.isSuccess, "\(names[number - 1]): \(command): \(result.stderr)")
        return result.stdout.trimmed
    }

    /// The containers of `cluster` on host `number`.
    func containers(_ number: Int, of cluster: String) async throws -> [HostContainer] {
        let format =
            #"{{.Id}} {{.State.StartedAt}} {{index .Config.Labels "gantry.node"}} {{index .Config.Labels "gantry.role"}} {{.State.Status}}"#
        let list = try await output(
            number,
            "docker ps -aq --filter label=gantry.cluster=\(cluster) | xargs -r docker inspect --format '\(format)'")
        return list.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            .filter { $0.count == 5 }
            .map { HostContainer(id: $0[0], startedAt: $0[1], node: $0[2], role: $0[3], state: $0[4]) }
            .sorted { $0.node < $1.node }
    }

    /// The containers of `cluster` on all hosts.
    func containers(of cluster: String) async throws -> [HostContainer] {
        var all: [HostContainer] = []
        for host in hosts { all += try await containers(host, of: cluster) }
        return all
    }

    /// What a host holds of `cluster`: containers, directories. Nothing, where nothing was ever changed.
    func traces(of cluster: String) async throws -> [String] {
        var traces: [String] = []
        for host in hosts {
            let found = try await output(
                host,
                """
                docker ps -aq --filter label=gantry.cluster=\(cluster)
                ls -d /opt/kafka-docker/\(cluster) \(Gantry.data)/\(cluster) 2>/dev/null
                true
                """)
            traces += found.split(separator: "\n").map { "\(names[host - 1]): \($0)" }
        }
        return traces
    }

    /// Takes every container and all data off the hosts.
    func clear() async throws { try await clear(data: Gantry.data) }

    /// Calls `body` while the world is as `damage` makes it, and mends it by `repair` in every case.
    func with<Result>(
        _ damage: () async throws -> Void, mendedBy repair: () async throws -> Void,
        _ body: () async throws -> Result
    ) async throws -> Result {
        let result: Result
        do {
            try await damage()
            result = try await body()
        } catch {
            try? await repair()
            throw error
        }
        try await repair()
        return result
    }
}

/// Waits until `condition` holds, looking twice a second, and fails when it does not in time.
func eventually(
    within limit: Duration, _ what: String, at location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool, orSay evidence: () -> String = { "" }
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < end, "not within \(limit): \(what)\n\(evidence())", sourceLocation: location)
        try await Task.sleep(for: .milliseconds(500))
    }
}

/// Hosts without containers and data, before and after a suite.
struct ClearedFleet: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let fleet = try RealFleet()
        try await fleet.clear()
        try await fleet.with({}, mendedBy: { try await fleet.clear() }) { try await function() }
    }
}

extension Trait where Self == ClearedFleet {
    static var clearedFleet: Self { ClearedFleet() }
}
