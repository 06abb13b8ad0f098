public import FleetModel

/// Makes snapshots: asks hosts, containers and cluster side by side, and keeps what did not answer as unknown.
public struct Observer: Sendable {
    /// At most so many hosts or brokers are asked at once: the techhost has two cores and sshd its limits.
    public static let width = 64

    private let hosts: any HostSource
    private let containers: any ContainerSource
    private let cluster: any ClusterSource
    private let clock: any FleetClock

    /// An observer of the world behind these ports.
    public init(
        hosts: any HostSource, containers: any ContainerSource, cluster: any ClusterSource, clock: any FleetClock
    ) {
        self.hosts = hosts
        self.containers = containers
        self.cluster = cluster
        self.clock = clock
    }

    /// What is asked for in a snapshot.
    public struct Request: Sendable {
        /// The hosts to look at.
        public var hosts: [HostName]
        /// Where Kafka's nodes should be; nil: Kafka is not asked, for this reason.
        public var layout: Known<ClusterLayout>
        /// Whether a record is sent through each broker.
        public var canary: Bool
        /// What Kafka is asked.
        public var detail: ObservationDetail

        /// A request for these parts.
        public init(
            hosts: [HostName], layout: Known<ClusterLayout>, canary: Bool,
            detail: ObservationDetail = ObservationDetail()
        ) {
            self.hosts = hosts
            self.layout = layout
            self.canary = canary
            self.detail = detail
        }
    }

    /// Looks at everything once. Never fails: what could not be seen is unknown in the snapshot.
    public func snapshot(_ request: Request) async -> Snapshot {
        let takenAt = clock.now()
        let start = clock.uptime()
        async let seenHosts = mapBounded(request.hosts, width: Self.width) { await observe($0) }
        let cluster: Known<ClusterObservation>
        var canaries: [CanaryObservation] = []
        switch request.layout {
        case .unknown(let reason): cluster = .unknown(reason: reason)
        case .known(let layout):
            cluster = await self.cluster.observe(layout, detail: request.detail)
            if request.canary, let registered = cluster.value?.brokers.value {
                canaries = await self.canaries(registered, layout)
            }
        }
        let hosts = await seenHosts
        return Snapshot(
            takenAt: takenAt, took: clock.uptime() - start, hosts: hosts, cluster: cluster, canaries: canaries)
    }

    private func observe(_ host: HostName) async -> HostObservation {
        let facts: HostFacts
        do throws(HostProblem) {
            facts = try await hosts.facts(of: host)
        } catch {
            return HostObservation(host: host, state: .unreachable(reason: error.reason, remedy: error.remedy))
        }
        do throws(HostProblem) {
            let seen = try await containers.containers(on: host)
            return HostObservation(
                host: host, state: .ok, docker: seen.docker,
                containers: seen.containers.sorted { ($0.node?.rawValue ?? .max) < ($1.node?.rawValue ?? .max) },
                disks: facts.disks, retired: facts.retired, skew: facts.skew)
        } catch {
            let state: HostState =
                error.unreachable
                ? .unreachable(reason: error.reason, remedy: error.remedy)
                : .dockerDown(reason: error.reason, remedy: error.remedy)
            return HostObservation(
                host: host, state: state, disks: facts.disks, retired: facts.retired, skew: facts.skew)
        }
    }

    /// Canaries go to brokers that are registered or wanted; a fenced one is known not to serve.
    private func canaries(_ registered: [RegisteredBroker], _ layout: ClusterLayout) async -> [CanaryObservation] {
        let known = Set(registered.map(\.id))
        let wanted = layout.brokers.map(\.id).filter { !known.contains($0) }
        let fenced = Set(registered.filter(\.fenced).map(\.id))
        return await mapBounded(registered.map(\.id) + wanted, width: Self.width) { id in
            let result: CanaryResult
            if !known.contains(id) {
                result = .skipped(reason: "the broker is not registered")
            } else if fenced.contains(id) {
                result = .skipped(reason: "the broker is fenced")
            } else {
                result = await cluster.canary(id, layout: layout)
            }
            return CanaryObservation(broker: id, result: result)
        }
    }
}

/// Transforms all elements with at most `width` of them under way at once; results keep their order.
public func mapBounded<Element: Sendable, Result: Sendable>(
    _ elements: [Element], width: Int, _ transform: @escaping @Sendable (Element) async -> Result
) async -> [Result] {
    await withTaskGroup(of: (Int, Result).self) { group in
        var results: [Result?] = Array(repeating: nil, count: elements.count)
        var next = 0
        func begin() {
            let index = next
            next += 1
            group.addTask { (index, await transform(elements[index])) }
        }
        while next < min(max(1, width), elements.count) { begin() }
        while let (index, result) = await group.next() {
            results[index] = result
            if next < elements.count { begin() }
        }
        return results.compactMap { $0 }
    }
}
