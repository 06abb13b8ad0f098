public import FleetModel
import Observation
public import OperationModel

/// Makes a host's containers start and stop with it: `kafka-docker.service`, enabled and started. Touches nothing that runs.
public struct InstallService: HostStep {
    /// Names the type in plans.
    public static let kind = "install-service"
    /// The host.
    public var target: HostName

    /// The unit on `target`.
    public init(target: HostName) { self.target = target }

    /// One line for people.
    public var title: String { "start the containers with the machine on \(target)" }

    /// Whether the unit is as it should be; a host without systemd has nothing to be installed.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        do {
            let state = try await context.world.hosts.service(.look, on: target)
            guard state.hasManager else {
                return .satisfied("there is no systemd: start the containers by other means")
            }
            guard state.isEnabled, state.isActive else { return .needed }
            let differing = try await context.world.hosts.differing(HostService.files, on: target)
            return differing.isEmpty ? .satisfied(nil) : .needed
        } catch {
            throw context.failure(error, what: title, object: subject)
        }
    }

    /// Places the unit, enables and starts it.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            _ = try await context.world.hosts.place(HostService.files, on: target)
            let state = try await context.world.hosts.service(.start, on: target)
            guard state.isEnabled, state.isActive else {
                throw StepFailure(
                    code: "service-failed", what: title, object: subject,
                    reason: "\(HostService.unit) is \(state.isEnabled ? "enabled and does not start" : "not enabled")",
                    remedy: context.world.commands.line("systemctl status \(HostService.unit)", on: target))
            }
            return nil
        } catch let failure as StepFailure {
            throw failure
        } catch let problem as HostProblem {
            throw context.failure(problem, what: title, object: subject)
        } catch {
            throw StepFailure(
                code: "service-failed", what: title, object: subject, reason: "\(error)",
                remedy: "gantry install-service \(target)")
        }
    }
}

/// Takes `kafka-docker.service` away from a host that carries no other cluster. What runs goes on.
public struct RemoveService: HostStep {
    /// Names the type in plans.
    public static let kind = "remove-service"
    /// The host.
    public var target: HostName
    /// The cluster that leaves it.
    public var cluster: ClusterName

    /// Takes the unit from `target`, which `cluster` leaves.
    public init(target: HostName, cluster: ClusterName) { (self.target, self.cluster) = (target, cluster) }

    /// One line for people.
    public var title: String { "take \(HostService.unit) from \(target)" }

    /// Whether there is none.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        do {
            let state = try await context.world.hosts.service(.look, on: target)
            guard state.hasManager else { return .satisfied("there is no systemd") }
            let present = try await context.world.hosts.contents(of: HostService.unitPath, on: target)
            return state.isEnabled || state.isActive || present != nil ? .needed : .satisfied("there is none")
        } catch {
            throw context.failure(error, what: title, object: subject)
        }
    }

    /// Disables it and removes its files.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            let state = try await context.world.hosts.service(.remove(cluster), on: target)
            return state.others.isEmpty ? nil : "it stays for \(state.others.joined(separator: ", "))"
        } catch {
            throw context.failure(error, what: title, object: subject)
        }
    }
}
