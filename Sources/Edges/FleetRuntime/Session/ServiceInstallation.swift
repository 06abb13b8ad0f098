public import FleetModel
import Observation
public import OperationModel
import Operations

/// How the unit came to stand on one host.
public struct ServiceOutcome: Sendable {
    /// The host.
    public var host: HostName
    /// How it ended.
    public var outcome: StepOutcome

    /// `outcome` on `host`.
    public init(host: HostName, outcome: StepOutcome) { (self.host, self.outcome) = (host, outcome) }
}

extension FleetSession {
    /// Installs `kafka-docker.service` on `hosts`, or takes it away, side by side. Changes nothing that is right.
    public func services(on hosts: [HostName], uninstall: Bool) async -> [ServiceOutcome] {
        let cluster = fleet.cluster.name
        let context = StepContext(world: world(EmptyMemory()), cluster: cluster) { _ in }
        return await mapBounded(hosts, width: Observer.width) { host in
            let step: any Step =
                uninstall ? RemoveService(target: host, cluster: cluster) : InstallService(target: host)
            do throws(StepFailure) {
                if case .satisfied(let note) = try await step.probe(context) {
                    return ServiceOutcome(host: host, outcome: .unchanged(note: note))
                }
                return ServiceOutcome(host: host, outcome: .done(note: try await step.apply(context)))
            } catch {
                return ServiceOutcome(host: host, outcome: .failed(error))
            }
        }
    }
}
