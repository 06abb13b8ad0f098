public import FleetModel
import Observation
public import OperationModel
import Operations

/// How something came to stand on one host.
public struct HostOutcome: Sendable {
    /// The host.
    public var host: HostName
    /// How it ended.
    public var outcome: StepOutcome

    /// `outcome` on `host`.
    public init(host: HostName, outcome: StepOutcome) { (self.host, self.outcome) = (host, outcome) }
}

extension FleetSession {
    /// Installs `kafka-docker.service` on `hosts`, or takes it away, side by side. Changes nothing that is right.
    public func services(on hosts: [HostName], uninstall: Bool) async -> [HostOutcome] {
        let cluster = fleet.cluster.name
        let context = unjournaled()
        return await mapBounded(hosts, width: Observer.width) { host in
            let step: any Step =
                uninstall ? RemoveService(target: host, cluster: cluster) : InstallService(target: host)
            return HostOutcome(host: host, outcome: await Self.carryOut(step, context))
        }
    }

    /// One step outside of any operation: probed, and done where it is needed.
    static func carryOut(_ step: any Step, _ context: StepContext) async -> StepOutcome {
        do throws(StepFailure) {
            if case .satisfied(let note) = try await step.probe(context) { return .unchanged(note: note) }
            return .done(note: try await step.apply(context))
        } catch {
            return .failed(error)
        }
    }

    /// What steps work with that belong to no operation: nothing of them is kept.
    func unjournaled(
        images: ImageSpread = ImageSpread(), note: @escaping @Sendable (String) async -> Void = { _ in }
    ) -> StepContext {
        StepContext(world: world(EmptyMemory(), images: images), cluster: fleet.cluster.name, note: note)
    }
}
