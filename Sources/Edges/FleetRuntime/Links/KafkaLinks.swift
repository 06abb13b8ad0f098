import EventLoop
import FleetModel
import KafkaAdmin
import KafkaClient

/// Clients of a cluster's brokers and of its controllers: connections stay open between two looks.
struct KafkaLinks: Sendable {
    /// A listener that does not answer within this time is as good as dead: hosts are one network away.
    private static let connectTimeout: Duration = .seconds(3)

    private struct Key: Hashable {
        var role: KafkaClientConfiguration.Role
        var bootstrap: [KafkaAddress]
        /// Whether it is for what brokers forward to the controllers.
        var forwards = false
    }

    private let links: Links<Key, KafkaClient, any Error>

    init(loop: EventLoop) {
        links = Links(
            open: { key, body in
                let configuration = KafkaClientConfiguration(
                    bootstrap: key.bootstrap, role: key.role, connectTimeout: Self.connectTimeout,
                    retry: RetryPolicy(attempts: 2, firstPause: .milliseconds(50), longestPause: .milliseconds(400)))
                try await withKafkaClient(configuration, on: loop) { await body($0) }
            }, problem: { $0 })
    }

    /// Keeps clients alive until the task is cancelled.
    func run() async { await links.run() }

    /// Administration through any broker of `layout`; nil when the session has ended.
    func brokers(_ layout: ClusterLayout) async -> KafkaAdmin? { await admin(.brokers, layout.brokers) }

    /// The same over connections of its own: a broker answers a connection's requests one after the other, so where no
    /// controller answers, what it forwards would hold up all that stands behind it.
    func forwarding(_ layout: ClusterLayout) async -> KafkaAdmin? {
        await admin(.brokers, layout.brokers, forwards: true)
    }

    /// Administration through the controllers' own listeners; nil when the session has ended.
    func controllers(_ layout: ClusterLayout) async -> KafkaAdmin? { await admin(.controllers, layout.controllers) }

    private func admin(
        _ role: KafkaClientConfiguration.Role, _ nodes: [NodePlacement], forwards: Bool = false
    ) async -> KafkaAdmin? {
        let key = Key(
            role: role, bootstrap: nodes.map { KafkaAddress(host: $0.endpoint.host, port: $0.port) }, forwards: forwards
        )
        return try? await KafkaAdmin(links.link(key).resource, timeout: KafkaCluster.patience)
    }
}
