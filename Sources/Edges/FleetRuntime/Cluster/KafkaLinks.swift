import EventLoop
import FleetModel
import KafkaAdmin
import KafkaClient
import Processes

/// Clients of a cluster's brokers and of its controllers, made when a layout is first looked at and kept until `run`
/// ends: connections stay open between two looks.
final class KafkaLinks: Sendable {
    /// A listener that does not answer within this time is as good as dead: hosts are one network away.
    private static let connectTimeout: Duration = .seconds(3)

    private struct Key: Hashable {
        var role: KafkaClientConfiguration.Role
        var bootstrap: [KafkaAddress]
    }

    private enum Slot {
        case waiting([Waiter])
        case ready(KafkaClient)
    }

    private typealias Waiter = CheckedContinuation<KafkaClient?, Never>

    private struct State {
        var slots: [Key: Slot] = [:]
        var isClosed = false
    }

    private let loop: EventLoop
    private let state = Locked(State())
    private let wanted: AsyncStream<Key>
    private let continuation: AsyncStream<Key>.Continuation

    init(loop: EventLoop) {
        self.loop = loop
        (wanted, continuation) = AsyncStream.makeStream()
    }

    /// Keeps clients alive until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await key in wanted {
                group.addTask { await self.keep(key) }
            }
            group.cancelAll()
        }
        let waiting: [Waiter] = state.withLock { state in
            state.isClosed = true
            return state.slots.values.flatMap { slot -> [Waiter] in if case .waiting(let all) = slot { all } else { [] }
            }
        }
        for waiter in waiting { waiter.resume(returning: nil) }
    }

    private func keep(_ key: Key) async {
        let configuration = KafkaClientConfiguration(
            bootstrap: key.bootstrap, role: key.role, connectTimeout: Self.connectTimeout,
            retry: RetryPolicy(attempts: 3, firstPause: .milliseconds(50), longestPause: .milliseconds(400)))
        try? await withKafkaClient(configuration, on: loop) { client in
            let waiting: [Waiter] = state.withLock { state in
                let slot = state.slots.updateValue(.ready(client), forKey: key)
                return if case .waiting(let all) = slot { all } else { [] }
            }
            for waiter in waiting { waiter.resume(returning: client) }
            await untilCancelled()
        }
    }

    /// Administration through any broker of `layout`; nil when the session has ended.
    func brokers(_ layout: ClusterLayout) async -> KafkaAdmin? {
        await client(.brokers, layout.brokers).map { KafkaAdmin($0, timeout: KafkaCluster.patience) }
    }

    /// Administration through the controllers' own listeners; nil when the session has ended.
    func controllers(_ layout: ClusterLayout) async -> KafkaAdmin? {
        await client(.controllers, layout.controllers).map { KafkaAdmin($0, timeout: KafkaCluster.patience) }
    }

    private func client(_ role: KafkaClientConfiguration.Role, _ nodes: [NodePlacement]) async -> KafkaClient? {
        let key = Key(role: role, bootstrap: nodes.map { KafkaAddress(host: $0.host.rawValue, port: $0.port) })
        return await withCheckedContinuation { waiter in
            let (present, isAnswered): (KafkaClient?, Bool) = state.withLock { state in
                if state.isClosed { return (nil, true) }
                switch state.slots[key] {
                case .ready(let client): return (client, true)
                case .waiting(let all): state.slots[key] = .waiting(all + [waiter])
                case nil:
                    state.slots[key] = .waiting([waiter])
                    continuation.yield(key)
                }
                return (nil, false)
            }
            if isAnswered { waiter.resume(returning: present) }
        }
    }
}

/// Waits until the task is cancelled.
func untilCancelled() async {
    let (stream, continuation) = AsyncStream<Never>.makeStream()
    for await _ in stream {}
    withExtendedLifetime(continuation) {}
}
