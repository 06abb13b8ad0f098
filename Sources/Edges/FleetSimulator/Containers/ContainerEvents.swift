public import FleetModel
public import Observation

extension SimulatedFleet: ContainerEventSource {
    /// How soon something is seen that another process did to the fleet, in simulated time.
    private static let eventInterval: Duration = .seconds(2)

    /// What the daemon keeps and what comes, until the host or its daemon is gone.
    public func followEvents(
        on host: HostName, since: EventTime?, _ take: @escaping @Sendable (ContainerEventItem) async -> Void
    ) async throws(HostProblem) {
        let epoch = clock.now().advanced(by: .zero - clock.uptime())
        var last = since ?? EventTime(nanoseconds: clock.now().milliseconds * 1_000_000)
        var isSubscribed = false
        while !Task.isCancelled {
            let kept = try await withDocker(host, .look) { found, _ throws(HostProblem) in found.events }
            if !isSubscribed { await take(.subscribed) }
            isSubscribed = true
            for event in Self.events(kept, epoch) where event.at > last {
                last = event.at
                await take(.event(event))
            }
            await wait(Self.eventInterval)
        }
    }

    /// Several of one instant are told apart by their order, as Docker tells them by nanoseconds.
    private static func events(_ kept: [SimulatedEvent], _ epoch: Timestamp) -> [ContainerEvent] {
        var last = EventTime(nanoseconds: 0)
        return kept.map { event in
            let instant = EventTime(nanoseconds: epoch.advanced(by: event.at).milliseconds * 1_000_000)
            last = max(instant, EventTime(nanoseconds: last.nanoseconds + 1))
            return ContainerEvent(
                at: last, action: event.action, container: event.container, node: event.node,
                exitCode: event.exitCode)
        }
    }
}
