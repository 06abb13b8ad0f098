public import FleetModel
import Observation
public import OperationModel

/// Makes one change of a host itself, as `--provision` wants it.
public struct ChangeHost: HostStep {
    /// Names the type in plans.
    public static let kind = "change-host"
    /// The host.
    public var target: HostName
    /// What is changed there.
    public var change: HostChange

    /// Makes `change` on `target`.
    public init(target: HostName, change: HostChange) { (self.target, self.change) = (target, change) }

    /// The host and the change's name.
    public var object: String { "\(target)/\(change.name)" }
    /// One line for people.
    public var title: String { "\(change.title) on \(target)" }

    /// Whether it is there.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        do {
            return try await context.world.hosts.holds(change, on: target) ? .satisfied(nil) : .needed
        } catch {
            throw context.failure(error, what: "looking at the host", object: subject)
        }
    }

    /// Makes it.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            try await context.world.hosts.make(change, on: target, progress: context.note)
        } catch {
            throw context.failure(error, what: change.title, object: subject)
        }
        return nil
    }
}

/// Takes back one change of a host that `--provision` made, as `removehost --deprovision` wants it.
public struct UndoHostChange: HostStep {
    /// Names the type in plans.
    public static let kind = "undo-host-change"
    /// The host.
    public var target: HostName
    /// What is taken back there.
    public var change: HostChange

    /// Takes `change` back on `target`.
    public init(target: HostName, change: HostChange) { (self.target, self.change) = (target, change) }

    /// The host and the change's name.
    public var object: String { "\(target)/\(change.name)" }
    /// One line for people.
    public var title: String { "take back on \(target): \(change.title)" }

    /// Whether it is gone already; what can't be asked is done, which may be done again.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        do {
            return try await context.world.hosts.holds(change, on: target) ? .needed : .satisfied(nil)
        } catch {
            throw context.failure(error, what: "looking at the host", object: subject)
        }
    }

    /// Takes it back.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            try await context.world.hosts.undo(change, on: target)
        } catch {
            throw context.failure(error, what: "taking back: \(change.title)", object: subject)
        }
        return nil
    }
}
