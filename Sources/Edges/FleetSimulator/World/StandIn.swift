public import FleetModel

/// A node's process as it starts: what it reads from its properties and directories.
public struct SimulatedNode: Hashable, Sendable, Codable {
    struct Directory: Hashable, Sendable, Codable {
        var path: String
        var volume: String
        var id: DirectoryID?
    }
    var id: NodeID
    var role: NodeRole
    var clusterID: ClusterID
    var host: HostName
    var endpoint: Endpoint
    var rack: String?
    var directories: [Directory]
    var settings: [String: String]
}

struct SimulatedVoter {
    var id: NodeID
    var directory: DirectoryID
}

struct ProcessEnd: Hashable, Sendable, Codable {
    var node: NodeID
    var at: Duration
    var exitCode: Int32
}

/// Processes alone, until there is a Kafka.
public struct SimulatedKafka: Hashable, Sendable, Codable {
    struct Life: Hashable, Sendable, Codable {
        var node: SimulatedNode
        var startedAt: Duration
        var endsAt: Duration?
        var isCutOff = false
    }
    var lives: [NodeID: Life] = [:]
    var now: Duration = .zero

    init(seed: UInt64) {}
    mutating func advance(to time: Duration) { now = max(now, time) }
    func nextInstant() -> Duration? { lives.values.compactMap(\.endsAt).min() }
    mutating func start(_ node: SimulatedNode) {
        if lives[node.id] == nil { lives[node.id] = Life(node: node, startedAt: now) }
    }
    mutating func terminate(_ id: NodeID) -> Duration? {
        lives[id]?.endsAt = now + .seconds(3)
        return .seconds(3)
    }
    mutating func kill(_ id: NodeID) { lives[id] = nil }
    mutating func cutOff(_ id: NodeID, _ isCutOff: Bool) { lives[id]?.isCutOff = isCutOff }
    mutating func takeEnds() -> [ProcessEnd] {
        let ends = lives.values.filter { $0.endsAt.map { $0 <= now } ?? false }.sorted { $0.node.id < $1.node.id }
        for end in ends { lives[end.node.id] = nil }
        return ends.map { ProcessEnd(node: $0.node.id, at: now, exitCode: 143) }
    }
    mutating func formQuorum(of voters: [SimulatedVoter]) {}
    public var activeController: NodeID? {
        lives.values.filter { $0.node.role == .controller }.map(\.node.id).min()
    }
    func answers(_ id: NodeID) -> Bool { lives[id].map { !$0.isCutOff && now - $0.startedAt >= .seconds(2) } ?? false }
    func setLine(of host: HostName, to rate: BytesPerSecond?) {}
    func setVolume(_ path: String, of host: HostName, total: ByteCount, foreign: ByteCount) {}
    func bytes(on path: String, of host: HostName) -> ByteCount { .zero }
}
