public import FleetModel

/// The state of a cluster that a plan was made from, so that one who applies it later can tell what has changed.
public struct PlannedState: Hashable, Sendable, Codable {
    /// A node that should be there.
    struct Node: Hashable, Sendable, Codable {
        var id: NodeID
        var host: HostName
        var role: NodeRole
    }

    /// A broker that Kafka knows.
    struct Broker: Hashable, Sendable, Codable {
        var id: NodeID
        var fenced: Bool
    }

    /// A topic with its partitions' lists, in the order of their numbers.
    struct Topic: Hashable, Sendable, Codable {
        var topic: String
        var replicas: [[Int32]]
    }

    /// The cluster's id.
    public var clusterID: ClusterID
    var nodes: [Node]
    var brokers: [Broker]
    var topics: [Topic]

    /// What `cluster` with the nodes of `layout` looks like; nil where a part of it could not be seen.
    public init?(_ cluster: ClusterObservation, layout: ClusterLayout) {
        guard let brokers = cluster.brokers.value, let table = cluster.partitions.value else { return nil }
        clusterID = cluster.clusterID
        nodes = layout.nodes.map { Node(id: $0.id, host: $0.host, role: $0.role) }.sorted { $0.id < $1.id }
        self.brokers = brokers.map { Broker(id: $0.id, fenced: $0.fenced) }.sorted { $0.id < $1.id }
        var lists: [String: [(number: Int32, replicas: [Int32])]] = [:]
        for row in table.rows where !row.topic.isCanary {
            lists[row.topic.name, default: []].append((row.partition, Array(row.replicas)))
        }
        topics = lists.sorted { $0.key < $1.key }.map { topic, rows in
            Topic(topic: topic, replicas: rows.sorted { $0.number < $1.number }.map(\.replicas))
        }
    }

    /// The state of a cluster that is only to be made.
    public init(none clusterID: ClusterID) { (self.clusterID, nodes, brokers, topics) = (clusterID, [], [], []) }

    /// Each topic with the number of its partitions.
    public var partitions: [(topic: String, count: Int)] { topics.map { ($0.topic, $0.replicas.count) } }

    /// What is another now than it was then, in words; empty when all is the same.
    public func changes(since then: PlannedState) -> [(object: String, change: String)] {
        var changes: [(String, String)] = []
        if clusterID != then.clusterID {
            changes.append(("the cluster", "it answers as cluster \(clusterID); the plan is for \(then.clusterID)"))
        }
        func compare<Key: Hashable & Comparable, Value: Equatable>(
            _ now: [Key: Value], _ before: [Key: Value], _ name: (Key) -> String, _ words: (Value, Value) -> String
        ) {
            for key in Set(now.keys).union(before.keys).sorted() where now[key] != before[key] {
                switch (now[key], before[key]) {
                case (_?, nil): changes.append((name(key), "is new"))
                case (nil, _?): changes.append((name(key), "is gone"))
                case (let now?, let before?): changes.append((name(key), words(now, before)))
                case (nil, nil): break
                }
            }
        }
        compare(
            Dictionary(nodes.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a }),
            Dictionary(then.nodes.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a }), { "node \($0)" },
            { "is on \($0.host), was on \($1.host)" })
        compare(
            Dictionary(brokers.map { ($0.id, $0.fenced) }, uniquingKeysWith: { a, _ in a }),
            Dictionary(then.brokers.map { ($0.id, $0.fenced) }, uniquingKeysWith: { a, _ in a }), { "broker \($0)" },
            { now, _ in now ? "does not serve any more" : "serves again" })
        compare(
            Dictionary(topics.map { ($0.topic, $0.replicas) }, uniquingKeysWith: { a, _ in a }),
            Dictionary(then.topics.map { ($0.topic, $0.replicas) }, uniquingKeysWith: { a, _ in a }), { "topic \($0)" },
            { now, before in
                if now.count != before.count { return "has \(counted(now.count, "partition")), had \(before.count)" }
                let moved = now.indices.filter { now[$0] != before[$0] }
                let first = moved.first ?? 0
                return "\(counted(moved.count, "list", "is another", "are others")): "
                    + "partition \(first) is on \(now[first]), was on \(before[first])"
            })
        return changes
    }
}
