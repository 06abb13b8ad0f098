public import FleetConfiguration
public import FleetModel
import HealthRules
import Operations
public import PlacementPlanning

/// What `rebalance` may be told besides what every move may.
public struct RebalanceWishes: Sendable {
    /// Whether leaders alone are evened out.
    public var leadersOnly: Bool
    /// What wins where bytes are equal.
    public var profile: PlanningOptions.Profile
    /// How far a broker may lie from its share; nil: `move.tolerance`.
    public var tolerance: PerMille?

    /// These wishes.
    public init(leadersOnly: Bool, profile: PlanningOptions.Profile, tolerance: PerMille?) {
        self.leadersOnly = leadersOnly
        self.profile = profile
        self.tolerance = tolerance
    }
}

extension FleetSession {
    /// Looks at everything, proves that data can be evened out, and plans it. Changes nothing.
    /// - Parameters:
    ///   - wishes: what is evened out, and how.
    ///   - request: what moving data may be told; its range is the brokers among which it is evened out.
    ///   - directory: the fleet directory.
    /// - Returns: what would be done, or what forbids it; without plan and blockers nothing would become better.
    /// - Throws: `StoreError` of the journal; `StepFailure`.
    public func prepareRebalance(
        _ wishes: RebalanceWishes, _ request: MoveRequest, directory: FleetDirectory
    ) async throws -> MovePreparation {
        let opening = try await opening(directory)
        var preparation = opening.preparation
        guard case .seen(let status, let layout) = opening else { return preparation }
        let options = moveOptions(request)
        let began = ContinuousClock.now
        let proof = RebalanceProof(
            RebalanceProof.Request(
                among: request.onto.map(BrokerRange.init), leadersOnly: wishes.leadersOnly, profile: wishes.profile,
                tolerance: wishes.tolerance ?? fleet.move.tolerance, accepted: request.accepted,
                throttle: options.throttle), snapshot: status.snapshot, layout: layout)
        preparation.planTook = ContinuousClock.now - began
        preparation.blockers = proof.blockers
        preparation.notes = proof.notes
        guard let moves = proof.plan else { return preparation }
        preparation.moves = [moves]
        let rebalance = Rebalance(
            cluster: fleet.cluster.name, layout: layout, options: options, canary: request.canary,
            known: status.findings.map(CheckStage.KnownFinding.init))
        preparation.plan = try rebalance.plan(moves, arguments: request.arguments, reason: request.reason)
        return preparation
    }
}
