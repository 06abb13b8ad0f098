import DockerEngine
import FleetModel
import Observation

extension DockerHosts: ContainerEventSource {
    /// What changes what a container is. Health checks made of commands are not among them: three events each time.
    private static let followed: [DockerEvent.Action] = [
        .create, .start, .die, .stop, .kill, .restart, .oom, .pause, .unpause, .destroy, .rename,
    ]

    func followEvents(
        on host: HostName, since: EventTime?, _ take: @escaping @Sendable (ContainerEventItem) async -> Void
    ) async throws(HostProblem) {
        let link = try await links.link(host)
        do {
            try await link.resource.withEvents(
                since: since.map { DockerTime(nanoseconds: $0.nanoseconds) },
                filter: EventFilter(
                    types: [.container], actions: Self.followed, labels: ["\(ContainerLabel.cluster)=\(cluster)"])
            ) { events in
                await take(.subscribed)
                for try await item in events {
                    switch item {
                    case .garbled(let line): await take(.garbled(line.description))
                    case .event(let event): await take(.event(ContainerEvent(event)))
                    }
                }
            }
        } catch let error as DockerError {
            guard error.isAboutConnection else { throw HostProblem(error, on: host) }
            links.discard(link, of: host)
            throw await problem(error, host)
        } catch {
            throw HostProblem(
                code: "cancelled", unreachable: false, reason: "nobody follows the events any more",
                remedy: "gantry dockmon start")
        }
    }
}

extension ContainerEvent {
    init(_ event: DockerEvent) {
        self.init(
            at: EventTime(nanoseconds: event.time.nanoseconds), action: event.action.rawValue,
            container: event.name ?? event.actorID, node: event.attributes[ContainerLabel.node].flatMap { NodeID($0) },
            exitCode: event.exitCode, signal: event.attributes["signal"])
    }
}
