internal import KafkaProtocol

/// What the client knows of the cluster: where nodes are and who leads what.
struct ClusterView: Sendable, Equatable {
    struct Partition: Hashable, Sendable {
        var topic: String
        var index: Int32
    }

    /// Leaders that are remembered; a client that asks for more begins anew.
    static let mostLeaders = 20_000

    private(set) var nodes: [Int32: KafkaAddress] = [:]
    private(set) var controller: Int32?
    private(set) var leaders: [Partition: Int32] = [:]

    /// Takes the brokers, and the leaders of the topics in the answer.
    mutating func update(_ response: MetadataResponse) {
        take(
            response.brokers.map { ($0.nodeId, KafkaAddress(advertised: $0.host, port: $0.port)) },
            response.controllerId)
        for topic in response.topics {
            guard let name = topic.name else { continue }
            if leaders.count + topic.partitions.count > Self.mostLeaders { leaders = [:] }
            leaders = leaders.filter { $0.key.topic != name }
            for partition in topic.partitions.prefix(Self.mostLeaders) where partition.leaderId >= 0 {
                leaders[Partition(topic: name, index: partition.partitionIndex)] = partition.leaderId
            }
        }
    }

    /// Takes the nodes of a `DescribeCluster` answer: controllers, where it was asked for them.
    mutating func update(_ response: DescribeClusterResponse) {
        take(
            response.brokers.map { ($0.brokerId, KafkaAddress(advertised: $0.host, port: $0.port)) },
            response.controllerId)
    }

    private mutating func take(_ found: [(Int32, KafkaAddress?)], _ controllerID: Int32) {
        nodes = [:]
        for (id, address) in found { nodes[id] = address }
        controller = controllerID >= 0 ? controllerID : nil
    }

    /// Forgets what led a request astray, so that it is looked up before the next.
    mutating func forget(_ route: KafkaRoute) {
        switch route {
        case .any, .address: break
        case .broker(let id): nodes[id] = nil
        case .controller: controller = nil
        case .leader(let topic, _): leaders = leaders.filter { $0.key.topic != topic }
        }
    }

    /// The node that `route` leads to; nil where it has to be looked up.
    func node(for route: KafkaRoute) -> Int32? {
        switch route {
        case .any, .address: nil
        case .broker(let id): id
        case .controller: controller
        case .leader(let topic, let partition): leaders[Partition(topic: topic, index: partition)]
        }
    }

    /// The node that has this address, if any.
    func node(at address: KafkaAddress) -> Int32? {
        nodes.first { $0.value == address }?.key
    }
}
