public import FleetModel
import Observation
public import OperationModel

/// Removes what the cluster has on a host that left: its directory with everything in it. Only once no container of the cluster is left there. Data directories stay.
public struct CleanHost: HostStep {
    /// Names the type in plans.
    public static let kind = "clean-host"
    /// The host.
    public var target: HostName
    /// Where the host stands in `defaults.cfg`, for people: `line 12 of /etc/gantry/defaults.cfg`; nil where it does not.
    public var place: String?

    /// Cleans `target`.
    public init(target: HostName, place: String?) { (self.target, self.place) = (target, place) }

    /// One line for people.
    public var title: String { "remove the cluster's files from \(target)" }

    /// Never known before: what is left without its first file is to go too, and removing again does no harm.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe { .needed }

    /// Removes the files, and says what is left to do by hand.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            let left = try await context.world.containerSource.containers(on: target).containers
            if let container = left.first {
                throw StepFailure(
                    code: "container-left", what: title, object: subject,
                    reason: "container \(container.name) of the cluster is there (\(container.state))",
                    remedy: "gantry bootstrap stops and removes what was retired; then gantry removehost \(target)")
            }
            try await context.world.hosts.deleteDirectories(
                [OnHostPath.directory(of: context.cluster)], of: context.cluster, on: target)
        } catch let error as HostProblem {
            throw context.failure(error, what: title, object: subject)
        } catch {
            throw (error as? StepFailure)
                ?? StepFailure(
                    code: "clean-failed", what: title, object: subject, reason: "\(error)",
                    remedy: "gantry operation resume")
        }
        return place.map { "to do by hand: take \(target) out of virthosts, \($0)" }
    }
}
